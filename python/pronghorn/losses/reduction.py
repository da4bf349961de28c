# SPDX-License-Identifier: Apache-2.0
"""From one value per sample to one number, and how shapes meet."""

from __future__ import annotations

import math
from typing import Any

from pronghorn import ops

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


def reduce(values: Any, sample_weight: Any, valid: Any, reduction: str | None) -> Any:
    """Weigh and reduce values.

    Args:
        values: (n, ...).
        sample_weight: None, a number, or a tensor (n,) ... of the shape of `values`.
        valid: None, or 1 and 0 of the shape of `values` (or of its beginning): those with 0 are not
            counted. For means over the number of values, the others weigh more in return.
        reduction: one of REDUCTIONS.
    """
    values = ops.convert_to_tensor(values)
    if values.ndim == 0 and ops.ndim(sample_weight):  # one value for the batch, weighed for each
        values = ops.broadcast_to(values, ops.shape(sample_weight))
    weight = None
    if valid is not None:
        weight = broadcastable(valid, values)
        if reduction in ("mean", "sum_over_batch_size"):
            weight = weight * (count(weight) / ops.maximum(ops.sum(weight), 1.0))
    if sample_weight is not None:
        given = broadcastable(sample_weight, values)
        weight = given if weight is None else weight * given
    if weight is not None:
        values = values * weight
    if reduction in (None, "none") or values.ndim == 0:
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        divisor = ops.sum(ops.broadcast_to(weight, values.shape))
        return total / ops.where(ops.equal(divisor, 0.0), 1.0, divisor)
    return total / count(values)


def same_rank(a: Any, b: Any) -> tuple[Any, Any]:
    """Two tensors whose ranks differ by one, the higher with a last axis of size 1, as equals.

    A vector gets an axis; otherwise the axis of size 1 goes. All others are left alone.
    """
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, ops.expand_dims(b, -1)) if b.ndim == 1 else (ops.squeeze(a, -1), b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        b, a = same_rank(b, a)
    return a, b


def broadcastable(sample_weight: Any, values: Any) -> Any:
    """Weights as a tensor that can be multiplied with values: one per sample, or one per value.

    Raises:
        ValueError: the shapes do not fit.
    """
    weight = ops.cast(sample_weight, values.dtype)
    given = tuple(weight.shape)
    if weight.ndim == values.ndim + 1 and given[-1] == 1:
        weight = ops.squeeze(weight, -1)
    elif 0 < weight.ndim < values.ndim:
        weight = ops.reshape(weight, (*given, *[1] * (values.ndim - weight.ndim)))
    fits = weight.ndim <= values.ndim and all(
        w in (1, v) or v is None or w is None
        for w, v in zip(weight.shape, values.shape, strict=False)
    )
    if not fits:
        raise ValueError(
            "`sample_weight` must hold one weight per sample or per value: its shape must be "
            f"the beginning of {tuple(values.shape)}. Received: shape {given}"
        )
    return weight


def count(values: Any) -> float:
    """The number of elements, as a divisor."""
    return float(math.prod(values.shape))
