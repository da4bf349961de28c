# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """1 - 2 sum y p / (sum y + sum p + e), e = 1e-7.

    Args:
        y_true: targets y, 0 or 1, of any shape.
        y_pred: predicted probabilities p of the same shape.
        axis: the axis or axes to sum over; None: all of them, the batch included.

    Returns:
        One value, or values of the shape without `axis`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.dice([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5

    Milletari, Navab and Ahmadi, "V-Net", 2016.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    return 1.0 - 2.0 * overlap / (
        ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + epsilon()
    )


class Dice(Loss):
    """1 - 2 sum y p / (sum y + sum p): how little targets and predictions overlap.

    Args:
        reduction, name: as for `Loss`.
        axis: the axis or axes to sum over; None: all of them, the batch included.
        dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.Dice()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5

    Milletari, Navab and Ahmadi, "V-Net", 2016.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return dice(y_true, y_pred, self.axis)
