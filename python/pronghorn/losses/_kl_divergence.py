# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair


@LOSSES.function("kld", "KLD", "kullback_leibler_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum y log(y / p) over the last axis, with y and p clipped to [1e-7, 1].

    Args:
        y_true: probabilities y `(n, ..., classes)`.
        y_pred: predicted probabilities p `(n, ..., classes)`.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])[0]), 4)
    0.1438

    Kullback and Leibler, "On information and sufficiency", 1951.
    """
    y_true, y_pred = (ops.clip(p, epsilon(), 1.0) for p in as_pair(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


class KLDivergence(Loss):
    """sum y log(y / p): how far the distribution p is from y.

    Args:
        reduction, name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438

    Kullback and Leibler, "On information and sufficiency", 1951.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return kl_divergence(y_true, y_pred)
