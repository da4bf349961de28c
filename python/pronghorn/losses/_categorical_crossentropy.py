# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair
from pronghorn.losses.smoothing import checked_smoothing


@LOSSES.function()
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum y log q over an axis, q = clip(p / sum p, e, 1 - e), e = 1e-7.

    Args:
        y_true: targets y: one-hot rows or probabilities, `(n, ..., classes)`.
        y_pred: predicted probabilities p, or logits, `(n, ..., classes)`.
        from_logits: `y_pred` holds logits: q = softmax(y_pred), and nothing is clipped.
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / classes.
        axis: the axis of the classes.

    Returns:
        Values `(n, ...)`.

    Raises:
        ValueError: for different shapes, or `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    if checked_smoothing(label_smoothing):
        classes = y_true.shape[axis]
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


class CategoricalCrossentropy(Loss):
    """-sum y log p, for one-hot targets.

    Args:
        from_logits: predictions are logits x, with p = softmax(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / classes.
        axis: the axis of the classes.
        reduction, name, dtype: as for `Loss`.

    Raises:
        ValueError: for `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing, self.axis
        )
