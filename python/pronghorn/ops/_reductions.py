# SPDX-License-Identifier: Apache-2.0
"""Reductions: sums, means, extremes and the like over axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import floatx, is_float
from pronghorn.backend.tensor import Tensor
from pronghorn.ops._elementwise import (
    add,
    divide,
    exp,
    isfinite,
    isnan,
    log,
    logical_not,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    sqrt,
    square,
    subtract,
    where,
)
from pronghorn.ops.core import apply, cast, checked_axes, operands, symbolic
from pronghorn.ops.shape import expand_dims, reshape, swapaxes, zeros_like

# -- reductions ---------------------------------------------------------------------------------


def _reduce(op: str, x: Any, axis: Any, keepdims: bool) -> Tensor:
    axes = checked_axes(axis, x.ndim)
    if not axes:
        return x
    return apply(op, [x], axes=axes, keepdims=keepdims)


def _count(x: Any, axis: Any) -> float:
    """How many elements a reduction joins. Unknown only while shapes are inferred: then any."""
    return math.prod(x.shape[a] or 1 for a in checked_axes(axis, x.ndim))


@symbolic
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum over axes; bool counts as int32."""
    (x,) = operands(x)
    return _reduce("sum", cast(x, "int32") if x.dtype == "bool" else x, axis, keepdims)


@symbolic
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """Product over axes, in `dtype` if that is given; bool counts as int32."""
    (x,) = operands(x)
    if dtype is not None or x.dtype == "bool":
        x = cast(x, dtype or "int32")
    return _reduce("prod", x, axis, keepdims)


@symbolic
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Arithmetic mean over axes."""
    (x,) = operands(x, to_float=True)
    return divide(_reduce("sum", x, axis, keepdims), float(_count(x, axis)))


@symbolic
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Largest element over axes, and at least `initial`; NaN if there is one."""
    return _extreme("max", x, axis, keepdims, initial)


@symbolic
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Smallest element over axes, and at most `initial`; NaN if there is one."""
    return _extreme("min", x, axis, keepdims, initial)


def _extreme(op: str, x: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    (x,) = operands(x)
    if x.dtype == "bool":  # the engine compares numbers
        return cast(_extreme(op, cast(x, "int32"), axis, keepdims, initial), "bool")
    found = _reduce(op, x, axis, keepdims)
    if initial is None:
        return found
    return (maximum if op == "max" else minimum)(found, cast(initial, x.dtype))


@symbolic
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`max` under NumPy's other name."""
    return max(x, axis, keepdims)


@symbolic
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`min` under NumPy's other name."""
    return min(x, axis, keepdims)


@symbolic
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Population variance over axes: mean((x - mean(x))^2)."""
    (x,) = operands(x, to_float=True)
    return mean(square(subtract(x, mean(x, axis, keepdims=True))), axis, keepdims)


@symbolic
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Population standard deviation over axes."""
    return sqrt(var(x, axis, keepdims))


@symbolic
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Is any element true?"""
    hit = cast(cast(x, "bool"), floatx())
    return cast(_reduce("max", hit, axis, keepdims), "bool")


@symbolic
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Are all elements true?"""
    hit = cast(cast(x, "bool"), floatx())
    return cast(_reduce("min", hit, axis, keepdims), "bool")


@symbolic
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first largest element along an axis (of all, flattened, for None), int32."""
    (x,) = operands(x)
    shape, kept = x.shape, [1] * x.ndim
    if axis is None:
        rows = reshape(x, (1, -1))
        index = reshape(apply("argmax", [rows]), ())
    else:
        (axis,) = checked_axes(axis, x.ndim)
        moved = swapaxes(x, axis, -1) if axis != x.ndim - 1 else x
        rows = moved if moved.ndim == 2 else reshape(moved, (-1, moved.shape[-1]))
        index = reshape(apply("argmax", [rows]), moved.shape[:-1])
        if axis != x.ndim - 1:  # the last axis now stands where `axis` was
            index = swapaxes(expand_dims(index, -1), axis, -1)
            index = reshape(index, shape[:axis] + shape[axis + 1 :])
        kept = [*shape[:axis], 1, *shape[axis + 1 :]]
    index = cast(index, "int32")
    return reshape(index, kept) if keepdims else index


@symbolic
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first smallest element along an axis, int32."""
    return argmax(negative(x), axis, keepdims)


@symbolic
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axes, without overflow."""
    (x,) = operands(x, to_float=True)
    top = max(x, axis, keepdims=True)
    top = where(isfinite(top), top, 0.0)
    total = log(sum(exp(subtract(x, top)), axis, keepdims))
    return add(total, top if keepdims else reshape(top, total.shape))


@symbolic
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and population variance over axes.

    Args:
        x: tensor.
        axes: axis or axes.
        keepdims: keep the reduced axes with size 1.
        synchronized: accepted for Keras's sake; there is one replica only.
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@symbolic
def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """sum(weights * x) / sum(weights) over axes.

    Args:
        x: tensor.
        axis: axis or axes; all of them for None.
        weights: tensor of the shape of `x`, or a vector along the one axis; equal ones by default.

    Raises:
        ValueError: the shape of `weights` is neither.

    >>> import pronghorn as keras
    >>> float(keras.ops.average([1.0, 2.0], weights=[3.0, 1.0]))
    1.25
    """
    if weights is None:
        return mean(x, axis)
    x, weights = operands(x, weights, to_float=True)
    if weights.ndim == 1 and x.ndim > 1 and isinstance(axis, int):
        along = [1] * x.ndim
        along[axis] = weights.shape[0]
        weights = reshape(weights, along)
    elif weights.shape != x.shape:
        raise ValueError(
            f"average: weights must have the shape of x, {x.shape}, or be a vector along one axis. "
            f"Received: weights of shape {weights.shape}, axis={axis}"
        )
    return divide(sum(multiply(x, weights), axis), sum(add(weights, multiply(x, 0)), axis))


@symbolic
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """max(x) - min(x) over axes."""
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@symbolic
def count_nonzero(x: Any, axis: Any = None) -> Any:
    """How many elements are not 0 over axes, int32."""
    return sum(cast(not_equal(x, 0), "int32"), axis)


@symbolic
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of y by the trapezoidal rule: sum((y_i + y_(i+1)) / 2 * (x_(i+1) - x_i)).

    Args:
        y: values.
        x: where they were taken, of the shape of `y` or a vector; `dx` apart by default.
        dx: the distance of neighbours.
        axis: the axis to integrate over.
    """
    (y,) = operands(y, to_float=True)
    (axis,) = checked_axes(axis, y.ndim)
    if x is None:
        step: Any = dx
    else:
        (x,) = operands(x, to_float=True)
        if x.ndim == 1 and y.ndim > 1:
            x = reshape(x, [x.shape[0] if a == axis else 1 for a in range(y.ndim)])
        step = subtract(x[_along(axis, 1, None)], x[_along(axis, None, -1)])
    pair = add(y[_along(axis, 1, None)], y[_along(axis, None, -1)])
    return sum(multiply(multiply(pair, 0.5), step), axis)


def _along(axis: int, begin: Any, end: Any) -> tuple[Any, ...]:
    """The key that cuts an axis from begin to end."""
    return (*[np.s_[:]] * axis, np.s_[begin:end])


# -- reductions that pass over NaN --------------------------------------------------------------


def _without_nan(x: Any, instead: float) -> tuple[Any, Any]:
    """x with another value for NaN, and where it was one."""
    (x,) = operands(x)
    if not is_float(x.dtype):
        return x, cast(zeros_like(x), "bool")
    missing = isnan(x)
    return where(missing, instead, x), missing


@symbolic
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum over axes of what is not NaN."""
    return sum(_without_nan(x, 0)[0], axis, keepdims)


@symbolic
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Product over axes of what is not NaN."""
    return prod(_without_nan(x, 1)[0], axis, keepdims)


@symbolic
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Mean over axes of what is not NaN; NaN if nothing is."""
    (x,) = operands(x, to_float=True)
    filled, missing = _without_nan(x, 0)
    count = sum(cast(logical_not(missing), x.dtype), axis, keepdims)
    return divide(sum(filled, axis, keepdims), count)


@symbolic
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Population variance over axes of what is not NaN; NaN if nothing is."""
    (x,) = operands(x, to_float=True)
    filled, missing = _without_nan(x, 0)
    count = sum(cast(logical_not(missing), x.dtype), axis, keepdims=True)
    deviation = subtract(filled, divide(sum(filled, axis, keepdims=True), count))
    total = sum(where(missing, 0, square(deviation)), axis, keepdims)
    return divide(total, count if keepdims else reshape(count, total.shape))


@symbolic
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Population standard deviation over axes of what is not NaN; NaN if nothing is."""
    return sqrt(nanvar(x, axis, keepdims))


@symbolic
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element over axes that is not NaN; NaN if none is."""
    return _nan_extreme(max, x, -math.inf, axis, keepdims)


@symbolic
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element over axes that is not NaN; NaN if none is."""
    return _nan_extreme(min, x, math.inf, axis, keepdims)


def _nan_extreme(reduction: Any, x: Any, worst: float, axis: Any, keepdims: bool) -> Any:
    (x,) = operands(x)
    if not is_float(x.dtype):
        return reduction(x, axis, keepdims)
    filled, missing = _without_nan(x, worst)
    return where(all(missing, axis, keepdims), math.nan, reduction(filled, axis, keepdims))


@symbolic
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first largest element that is not NaN, int32; -1 if all are NaN."""
    return _nan_index(argmax, x, -math.inf, axis, keepdims)


@symbolic
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first smallest element that is not NaN, int32; -1 if all are NaN."""
    return _nan_index(argmin, x, math.inf, axis, keepdims)


def _nan_index(search: Any, x: Any, worst: float, axis: Any, keepdims: bool) -> Any:
    filled, missing = _without_nan(x, worst)
    return where(all(missing, axis, keepdims), -1, search(filled, axis, keepdims))
