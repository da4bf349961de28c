# SPDX-License-Identifier: Apache-2.0
"""Weighted harmonic means of precision and recall."""

from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import as_floats
from pronghorn.losses.reduction import broadcastable
from pronghorn.metrics.metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")
_COUNTS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(Metric):
    """(1 + b^2) P R / (b^2 P + R) of precision P and recall R, for each class.

    Args:
        average: None: one value per class; "micro": that of all classes together; "macro": their
            mean; "weighted": their mean weighed with the number of samples of each class.
        beta: b: how many times as important the recall is.
        threshold: what a prediction must exceed to mean 1; None: the largest of each row means 1.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: an unknown average, or `beta` or `threshold` that is not positive.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> y_true, y_pred = [[1, 0], [1, 1]], [[0.9, 0.2], [0.3, 0.8]]
    >>> [round(float(value), 4) for value in metric(y_true, y_pred)]
    [0.5556, 1.0]

    van Rijsbergen, "Information retrieval", 1979.
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        if average not in _AVERAGES:
            raise ValueError(f"`average` must be one of {_AVERAGES}. Received: average={average!r}")
        if not beta > 0:
            raise ValueError(f"`beta` must be > 0. Received: beta={beta}")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"`threshold` must be in (0, 1]. Received: threshold={threshold}")
        super().__init__(dtype=dtype, name=name)
        self.average, self.beta, self.threshold = average, beta, threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, classes)`.
            y_pred: predictions `(n, classes)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.

        Raises:
            ValueError: the shapes are not these.
        """
        y_true, y_pred = as_floats(y_true, y_pred, self.dtype)
        checked_matrices(self.name, y_true, y_pred)
        if not self._variables:
            for name in _COUNTS:
                setattr(self, name, self.add_variable(y_pred.shape[1:], name=name))
        if self.threshold is None:
            largest = ops.equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            # A row of zeros predicts nothing; 1e-9 is Keras's idea of zero.
            positive = ops.logical_and(largest, ops.absolute(y_pred) > 1e-9)
        else:
            positive = y_pred > self.threshold
        positive = ops.cast(positive, self.dtype)
        weight = 1.0 if sample_weight is None else broadcastable(sample_weight, y_pred)
        for name, values in zip(
            _COUNTS,
            (positive * y_true, positive * (1.0 - y_true), (1.0 - positive) * y_true, y_true),
            strict=True,
        ):
            getattr(self, name).assign_add(ops.sum(values * weight, axis=0))

    def result(self) -> Any:
        if not self._variables:
            return ops.zeros((), self.dtype)
        hits, false_alarms, missed, weights = (getattr(self, name).value for name in _COUNTS)
        if self.average == "micro":
            hits, false_alarms, missed = (ops.sum(x) for x in (hits, false_alarms, missed))
        precision = hits / (hits + false_alarms + epsilon())
        recall = hits / (hits + missed + epsilon())
        b2 = self.beta**2
        scores = (1.0 + b2) * precision * recall / (b2 * precision + recall + epsilon())
        if self.average == "macro":
            return ops.mean(scores)
        if self.average == "weighted":
            return ops.sum(scores * weights / (ops.sum(weights) + epsilon()))
        return scores


class F1Score(FBetaScore):
    """2 P R / (P + R): the harmonic mean of precision P and recall R, for each class.

    Args:
        average: None: one value per class; "micro": that of all classes together; "macro": their
            mean; "weighted": their mean weighed with the number of samples of each class.
        threshold: what a prediction must exceed to mean 1; None: the largest of each row means 1.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: an unknown average, or a `threshold` that is not positive.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.F1Score(threshold=0.5, average="macro")
    >>> round(float(metric([[1, 0], [1, 1]], [[0.9, 0.2], [0.3, 0.8]])), 4)
    0.8333
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)


def checked_matrices(name: str, y_true: Any, y_pred: Any) -> None:
    """Raise a ValueError unless both are matrices of one shape."""
    if y_pred.ndim != 2 or tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"{name}: `y_true` and `y_pred` must have the same shape (n, outputs). "
            f"Received: y_true of shape {y_true.shape}, y_pred of shape {y_pred.shape}"
        )
