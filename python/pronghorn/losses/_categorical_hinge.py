# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + max((1 - y) p) - sum y p, 0), maximum and sum over the last axis.

    Args:
        y_true: one-hot rows y `(n, ..., classes)`.
        y_pred: scores p `(n, ..., classes)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.losses.categorical_hinge([[0.0, 1.0]], [[0.5, 1.0]]).numpy().tolist()
    [0.5]

    Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", 2001.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(1.0 + wrong - right, 0.0)


class CategoricalHinge(Loss):
    """max(1 + max((1 - y) p) - sum y p, 0), for one-hot targets.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5

    Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", 2001.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return categorical_hinge(y_true, y_pred)
