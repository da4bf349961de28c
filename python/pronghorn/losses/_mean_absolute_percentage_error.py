# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function("mape", "MAPE")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 * mean |y - p| / max(|y|, e) over the last axis, e = 1e-7.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.mean_absolute_percentage_error([[1.0, 2.0]], [[1.0, 4.0]])
    >>> round(float(loss[0]), 4)
    50.0
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    relative = (y_pred - y_true) / ops.maximum(ops.absolute(y_true), epsilon())
    return 100.0 * ops.mean(ops.absolute(relative), axis=-1)


class MeanAbsolutePercentageError(Loss):
    """100 * mean |y - p| / max(|y|, e), e = 1e-7.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.MeanAbsolutePercentageError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    50.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return mean_absolute_percentage_error(y_true, y_pred)
