# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """-sum (y / max(|y|, e)) (p / max(|p|, e)) over an axis, e = 1e-7: minus the cosine.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.
        axis: the axis along which the vectors lie.

    Returns:
        Values `(n, ...)`: -1 for the same direction, 1 for the opposite one.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.cosine_similarity([[1.0, 0.0]], [[3.0, 4.0]])
    >>> round(float(loss[0]), 4)
    -0.6
    """
    y_true, y_pred = (_unit(x, axis) for x in as_pair(y_true, y_pred))
    return -ops.sum(y_true * y_pred, axis=axis)


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between targets and predictions.

    Args:
        axis: the axis along which the vectors lie.
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.CosineSimilarity()([[1.0, 0.0]], [[3.0, 4.0]])), 4)
    -0.6
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return cosine_similarity(y_true, y_pred, self.axis)


def _unit(x: Any, axis: int) -> Any:
    length_squared = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(length_squared, epsilon() ** 2))
