# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def poisson(y_true: Any, y_pred: Any) -> Any:
    """mean p - y log(p + e) over the last axis, e = 1e-7.

    That is, up to a constant, the negative log-likelihood of counts y whose mean is p.

    Args:
        y_true: counts y `(n, ..., k)`.
        y_pred: predicted means p, not negative, `(n, ..., k)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.poisson([[2.0, 1.0]], [[2.0, 1.0]])[0]), 4)
    0.8069
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


class Poisson(Loss):
    """mean p - y log(p + e), for counts y with the predicted mean p; e = 1e-7.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.Poisson()([[2.0, 1.0]], [[2.0, 1.0]])), 4)
    0.8069
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return poisson(y_true, y_pred)
