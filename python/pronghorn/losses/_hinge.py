# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def hinge(y_true: Any, y_pred: Any) -> Any:
    """mean max(1 - y p, 0) over the last axis.

    Args:
        y_true: targets y, -1 or 1, `(n, ..., k)`. If all of them are 0 or 1, 0 stands for -1.
        y_pred: predictions p `(n, ..., k)`: their sign is the class.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.losses.hinge([[-1.0, 1.0]], [[0.5, 2.0]]).numpy().tolist()
    [0.75]

    Cortes and Vapnik, "Support-vector networks", 1995.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - as_signs(y_true) * y_pred, 0.0), axis=-1)


class Hinge(Loss):
    """mean max(1 - y p, 0), for targets that are -1 or 1 (or 0 or 1).

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.losses.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
    0.75

    Cortes and Vapnik, "Support-vector networks", 1995.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return hinge(y_true, y_pred)


def as_signs(y_true: Any) -> Any:
    """2 y - 1 if all targets are 0 or 1; otherwise y."""
    is_bit = ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0))
    return ops.where(ops.all(is_bit), 2.0 * y_true - 1.0, y_true)
