# SPDX-License-Identifier: Apache-2.0
"""Means of cross-entropies."""

from __future__ import annotations

from typing import Any

from pronghorn import losses, ops
from pronghorn.losses._sparse_categorical_crossentropy import valid_labels
from pronghorn.losses.smoothing import checked_smoothing
from pronghorn.metrics.mean import MeanMetricWrapper


class BinaryCrossentropy(MeanMetricWrapper, aliases=("bce", "BCE")):
    """mean of -(y log p + (1 - y) log(1 - p)), for targets that are 0 or 1.

    Args:
        name: in logs.
        dtype: of the variables.
        from_logits: predictions are logits x, with p = sigmoid(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / 2.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.BinaryCrossentropy()([[1.0]], [[0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            losses.binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=checked_smoothing(label_smoothing),
        )
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(MeanMetricWrapper):
    """mean of -sum y log p, for one-hot targets.

    Args:
        name: in logs.
        dtype: of the variables.
        from_logits: predictions are logits x, with p = softmax(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / classes.
        axis: the axis of the classes.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=checked_smoothing(label_smoothing),
            axis=axis,
        )
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """mean of -log p_y, for targets y that are class numbers.

    Args:
        name: in logs.
        dtype: of the variables.
        from_logits: predictions are logits x, with p = softmax(x).
        ignore_class: samples of this class do not count.
        axis: the axis of the classes.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch; samples of the ignored class weigh 0."""
        if self.ignore_class is not None:
            counted = ops.cast(valid_labels(y_true, self.ignore_class), self.dtype)
            sample_weight = counted if sample_weight is None else counted * sample_weight
        super().update_state(y_true, y_pred, sample_weight)
