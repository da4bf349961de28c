# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Any:
    """1 - I / (I + alpha sum y (1 - p) + beta sum (1 - y) p + e), I = sum y p, e = 1e-7.

    Args:
        y_true: targets y, 0 or 1, of any shape.
        y_pred: predicted probabilities p of the same shape.
        alpha: weight of what is missed.
        beta: weight of false alarms. With alpha = beta = 0.5 the loss is `dice`.
        axis: the axis or axes to sum over; None: all of them, the batch included.

    Returns:
        One value, or values of the shape without `axis`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.tversky([[1.0, 0.0]], [[0.5, 0.5]], alpha=0.0)), 4)
    0.3333

    Salehi, Erdogmus and Gholipour, "Tversky loss function for image segmentation", 2017.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1.0 - y_pred), axis=axis)
    false_alarms = ops.sum((1.0 - y_true) * y_pred, axis=axis)
    return 1.0 - overlap / (overlap + alpha * missed + beta * false_alarms + epsilon())


class Tversky(Loss):
    """How little targets and predictions overlap, with two kinds of errors weighed apart.

    Args:
        alpha: weight of what is missed.
        beta: weight of false alarms. With alpha = beta = 0.5 the loss is `Dice`.
        reduction, name: as for `Loss`.
        axis: the axis or axes to sum over; None: all of them, the batch included.
        dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.Tversky(alpha=0.0)([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.3333

    Salehi, Erdogmus and Gholipour, "Tversky loss function for image segmentation", 2017.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha, self.beta = alpha, beta
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return tversky(y_true, y_pred, self.alpha, self.beta, self.axis)
