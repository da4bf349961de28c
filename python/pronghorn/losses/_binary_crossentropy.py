# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair
from pronghorn.losses.smoothing import checked_smoothing


@LOSSES.function("bce", "BCE")
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """mean of -(y log q + (1 - y) log(1 - q)) over an axis, q = clip(p, e, 1 - e), e = 1e-7.

    Args:
        y_true: targets y, 0 or 1, `(n, ..., k)`.
        y_pred: predicted probabilities p, or logits, `(n, ..., k)`.
        from_logits: `y_pred` holds logits: q = sigmoid(y_pred), and nothing is clipped.
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / 2.
        axis: the axis to average over.

    Returns:
        Values `(n, ...)`.

    Raises:
        ValueError: for different shapes, or `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.binary_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.6931
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    if checked_smoothing(label_smoothing):
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


class BinaryCrossentropy(Loss):
    """mean of -(y log p + (1 - y) log(1 - p)), for targets that are 0 or 1.

    Args:
        from_logits: predictions are logits x, with p = sigmoid(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / 2.
        axis: the axis to average over before the reduction.
        reduction, name, dtype: as for `Loss`.

    Raises:
        ValueError: for `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.BinaryCrossentropy()([[1.0]], [[0.5]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return binary_crossentropy(
            y_true, y_pred, self.from_logits, self.label_smoothing, self.axis
        )
