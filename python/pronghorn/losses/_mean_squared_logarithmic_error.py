# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function("msle", "MSLE")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """mean (log(1 + max(p, e)) - log(1 + max(y, e)))^2 over the last axis, e = 1e-7.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.mean_squared_logarithmic_error([[1.0, 2.0]], [[1.0, 4.0]])
    >>> round(float(loss[0]), 4)
    0.1305
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    difference = _log_of_one_plus(y_pred) - _log_of_one_plus(y_true)
    return ops.mean(ops.square(difference), axis=-1)


def _log_of_one_plus(x: Any) -> Any:
    return ops.log(ops.maximum(x, epsilon()) + 1.0)


class MeanSquaredLogarithmicError(Loss):
    """mean (log(1 + max(p, e)) - log(1 + max(y, e)))^2, e = 1e-7.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.MeanSquaredLogarithmicError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    0.1305
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return mean_squared_logarithmic_error(y_true, y_pred)
