# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function("mae", "MAE")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """mean |y - p| over the last axis.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.mean_absolute_error([[1.0, 2.0]], [[1.0, 4.0]])
    >>> round(float(loss[0]), 4)
    1.0
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(ops.absolute(y_pred - y_true), axis=-1)


class MeanAbsoluteError(Loss):
    """mean |y - p|.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.MeanAbsoluteError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return mean_absolute_error(y_true, y_pred)
