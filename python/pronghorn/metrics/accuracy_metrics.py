# SPDX-License-Identifier: Apache-2.0
"""How often predictions are right. Each has a function (per sample) and a class (over batches)."""

from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import as_floats, as_pair
from pronghorn.metrics.mean import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Share of the elements of the last axis with p = y.

    Args:
        y_true: labels y `(n, ..., k)`.
        y_pred: predicted labels p `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.metrics.accuracy([[1, 2]], [[1, 3]]).numpy().tolist()
    [0.5]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(ops.cast(ops.equal(y_true, y_pred), y_pred.dtype), axis=-1)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where (p > threshold) = y, else 0.

    Args:
        y_true: labels y, 0 or 1, `(n, ..., k)`.
        y_pred: probabilities p `(n, ..., k)`.
        threshold: what p must exceed to mean 1.

    Returns:
        Values `(n, ..., k)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.metrics.binary_accuracy([[1.0, 0.0]], [[0.6, 0.7]]).numpy().tolist()
    [[1.0, 0.0]]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    predicted = ops.cast(y_pred > threshold, y_pred.dtype)
    return ops.cast(ops.equal(y_true, predicted), y_pred.dtype)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction stands where the largest target does, else 0.

    Args:
        y_true: one-hot rows `(n, ..., classes)`.
        y_pred: probabilities or logits `(n, ..., classes)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.metrics.categorical_accuracy([[0.0, 1.0]], [[0.4, 0.6]]).numpy().tolist()
    [1.0]
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    hit = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
    return ops.cast(hit, y_pred.dtype)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction stands at the place of the label, else 0.

    Args:
        y_true: class numbers `(n, ...)` or `(n, ..., 1)`.
        y_pred: probabilities or logits `(n, ..., classes)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.metrics.sparse_categorical_accuracy([1], [[0.4, 0.6]]).numpy().tolist()
    [1.0]
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    predicted = ops.cast(ops.argmax(y_pred, axis=-1), y_pred.dtype)
    return ops.cast(ops.equal(labels_of(y_true, y_pred), predicted), y_pred.dtype)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where fewer than k predictions exceed that of the right class, else 0.

    Args:
        y_true: one-hot rows `(n, classes)`.
        y_pred: probabilities or logits `(n, classes)`.
        k: how many guesses count.

    Returns:
        Values `(n,)`.

    Example:
    >>> import pronghorn as keras
    >>> y_pred = [[0.1, 0.6, 0.3]]
    >>> keras.metrics.top_k_categorical_accuracy([[0.0, 0.0, 1.0]], y_pred, k=2).numpy().tolist()
    [1.0]
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where fewer than k predictions exceed that of the right class, else 0.

    Args:
        y_true: class numbers `(n, ...)` or `(n, ..., 1)`.
        y_pred: probabilities or logits `(n, ..., classes)`.
        k: how many guesses count.
        from_sorted_ids: `y_pred` holds class numbers instead, the most probable ones first.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> y_pred = [[0.1, 0.6, 0.3]]
    >>> keras.metrics.sparse_top_k_categorical_accuracy([2], y_pred, k=2).numpy().tolist()
    [1.0]
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    if from_sorted_ids:
        hits = ops.equal(ops.expand_dims(labels_of(y_true, y_pred), -1), y_pred[..., :k])
        return ops.cast(ops.any(hits, axis=-1), y_pred.dtype)
    label = ops.expand_dims(ops.cast(labels_of(y_true, y_pred), "int32"), -1)
    is_label = ops.equal(label, ops.arange(y_pred.shape[-1]))
    right = ops.max(ops.where(is_label, y_pred, -float("inf")), axis=-1, keepdims=True)
    larger = ops.sum(ops.cast(y_pred > right, y_pred.dtype), axis=-1)
    hit = ops.logical_and(larger < k, ops.isfinite(ops.squeeze(right, -1)))
    return ops.cast(hit, y_pred.dtype)


class Accuracy(MeanMetricWrapper):
    """How often p = y.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.Accuracy()([[1], [2]], [[1], [3]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often (p > threshold) = y.

    Args:
        name: in logs.
        dtype: of the variables.
        threshold: what a probability p must exceed to mean 1.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.BinaryAccuracy()([[1], [0]], [[0.6], [0.7]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f"`threshold` must be in (0, 1). Received: threshold={threshold}")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction stands where the one-hot target has its 1.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.CategoricalAccuracy()
    >>> float(metric([[0.0, 1.0], [1.0, 0.0]], [[0.4, 0.6], [0.3, 0.7]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction stands at the place of the label.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.SparseCategoricalAccuracy()([1, 0], [[0.4, 0.6], [0.3, 0.7]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class, given one-hot, is among the k most probable.

    Args:
        k: how many guesses count.
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.TopKCategoricalAccuracy(k=2)
    >>> float(metric([[0.0, 0.0, 1.0]], [[0.1, 0.6, 0.3]]))
    1.0
    """

    _direction = "up"

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k most probable.

    Args:
        k: how many guesses count.
        name: in logs.
        dtype: of the variables.
        from_sorted_ids: predictions are class numbers instead, the most probable ones first.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.SparseTopKCategoricalAccuracy(k=2)([2], [[0.1, 0.6, 0.3]]))
    1.0
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k, self.from_sorted_ids = k, from_sorted_ids


def labels_of(y_true: Any, y_pred: Any) -> Any:
    """Class numbers without the last axis that `(n, 1)` has beside predictions `(n, classes)`."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        return ops.squeeze(y_true, -1)
    return y_true
