# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """mean over the last axis of d^2 / 2 where d <= delta, else delta d - delta^2 / 2; d = |y - p|.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.
        delta: where the parabola becomes a line.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> keras.losses.huber([[1.0, 2.0]], [[1.5, 4.0]]).numpy().tolist()
    [0.8125]

    Huber, "Robust estimation of a location parameter", 1964.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    d = ops.absolute(y_pred - y_true)
    parabola, line = 0.5 * ops.square(d), delta * d - 0.5 * delta * delta
    return ops.mean(ops.where(d <= delta, parabola, line), axis=-1)


class Huber(Loss):
    """mean of d^2 / 2 where d <= delta, else delta d - delta^2 / 2; d = |y - p|.

    Args:
        delta: where the parabola becomes a line.
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.losses.Huber()([[1.0, 2.0]], [[1.5, 4.0]]))
    0.8125

    Huber, "Robust estimation of a location parameter", 1964.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = delta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return huber(y_true, y_pred, self.delta)
