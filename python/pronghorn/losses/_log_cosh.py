# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function("logcosh")
def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """mean log(cosh(p - y)) over the last axis.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.log_cosh([[1.0, 2.0]], [[1.0, 4.0]])
    >>> round(float(loss[0]), 4)
    0.6625
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    d = y_pred - y_true
    # log((exp(d) + exp(-d)) / 2), without overflow
    return ops.mean(d + ops.softplus(-2.0 * d) - math.log(2.0), axis=-1)


class LogCosh(Loss):
    """mean log(cosh(p - y)).

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.LogCosh()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    0.6625
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return log_cosh(y_true, y_pred)
