# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses._hinge import as_signs
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """mean max(1 - y p, 0)^2 over the last axis.

    Args:
        y_true: targets y, -1 or 1, `(n, ..., k)`. If all of them are 0 or 1, 0 stands for -1.
        y_pred: predictions p `(n, ..., k)`: their sign is the class.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.losses.squared_hinge([[-1.0, 1.0]], [[1.0, 2.0]]).numpy().tolist()
    [2.0]
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    margin = ops.maximum(1.0 - as_signs(y_true) * y_pred, 0.0)
    return ops.mean(ops.square(margin), axis=-1)


class SquaredHinge(Loss):
    """mean max(1 - y p, 0)^2, for targets that are -1 or 1 (or 0 or 1).

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.losses.SquaredHinge()([[-1.0, 1.0]], [[1.0, 2.0]]))
    2.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return squared_hinge(y_true, y_pred)
