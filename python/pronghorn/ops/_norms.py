# SPDX-License-Identifier: Apache-2.0
"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

from pronghorn.backend.dtypes import epsilon as keras_epsilon
from pronghorn.ops._elementwise import (
    absolute,
    equal,
    minimum,
    multiply,
    power,
    rsqrt,
    sqrt,
    square,
    where,
)
from pronghorn.ops._factorizations import svd
from pronghorn.ops._rearranging import moveaxis
from pronghorn.ops._reductions import max, min, sum
from pronghorn.ops.core import cast, operands, symbolic
from pronghorn.ops.shape import expand_dims, reshape


@symbolic
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of vectors or matrices.

    Args:
        x: tensor.
        ord: of vectors: p for sum(|x|^p)^(1/p), the largest for inf, the smallest for -inf, the
            number of nonzeros for 0. Of matrices: "fro" (None), 1 and -1 (extreme sum of a
            column), inf and -inf (of a row), 2 and -2 (extreme singular value), "nuc" (their
            sum).
        axis: one axis for vectors, two (rows, columns) for matrices; all of them by default.
        keepdims: keep the reduced axes with size 1.

    Raises:
        ValueError: there is no such norm.

    >>> import pronghorn as keras
    >>> float(keras.ops.norm([3.0, 4.0]))
    5.0
    """
    (x,) = operands(x, to_float=True)
    axes = list(range(x.ndim)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    axes = [a % x.ndim for a in axes]
    if ord is None or (ord == 2 and len(axes) == 1):
        return sqrt(sum(square(x), axes, keepdims))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(
            f"norm: ord={ord!r} is for vectors and matrices. Received: axis={axis} for shape "
            f"{x.shape}"
        )
    if ord == "fro":
        return sqrt(sum(square(x), axes, keepdims))
    if ord in (2, -2, "nuc"):
        s = svd(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        found = (sum if ord == "nuc" else max if ord == 2 else min)(s, -1)
        kept = [1 if a in axes else d for a, d in enumerate(x.shape)]
        return reshape(found, kept) if keepdims else found
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            "norm: ord of matrices must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or -inf. "
            f"Received: ord={ord!r}"
        )
    added, searched = axes if abs(ord) == 1 else axes[::-1]
    sums = sum(absolute(x), added, keepdims=True)
    found = (max if ord > 0 else min)(sums, searched, keepdims=True)
    shape = [d for a, d in enumerate(x.shape) if a not in axes]
    return found if keepdims else reshape(found, shape)


def _vector_norm(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is for matrices. Received: one axis")
    size = absolute(x)
    if math.isinf(ord):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(cast(x != 0, x.dtype), axis, keepdims)
    if ord == 1:
        return sum(size, axis, keepdims)
    return power(sum(power(size, float(ord)), axis, keepdims), 1 / float(ord))


@symbolic
def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """x / max(norm(x), epsilon) along an axis.

    Args:
        x: tensor.
        axis: axis or axes of the vectors.
        order: of the norm.
        epsilon: least number to divide by, 1e-7 by default.

    Raises:
        ValueError: order is less than 1.

    >>> import pronghorn as keras
    >>> [round(v, 3) for v in keras.ops.normalize([3.0, 4.0]).numpy().tolist()]
    [0.6, 0.8]
    """
    if order < 1:
        raise ValueError(f"order must be a number >= 1. Received: order={order!r}")
    (x,) = operands(x, to_float=True)
    least = keras_epsilon() if epsilon is None else epsilon
    if x.ndim == 0:
        x = expand_dims(x, 0)
    if order == 2:
        # minimum(1 / norm) rather than maximum(norm): the gradient at 0 is then finite.
        total = sum(square(x), axis, keepdims=True)
        zero = equal(total, 0)
        inverse = where(zero, 1 / least, rsqrt(where(zero, 1.0, total)))
        return multiply(x, minimum(inverse, 1 / least))
    length = norm(x, order, axis, keepdims=True)
    return x / where(length > least, length, least)
