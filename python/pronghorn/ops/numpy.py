# SPDX-License-Identifier: Apache-2.0
"""Elementwise mathematics, comparisons and reductions, with NumPy's names and broadcasting."""

from __future__ import annotations

import math
from typing import Any

from pronghorn.backend.dtypes import floatx, is_float
from pronghorn.backend.tensor import Tensor
from pronghorn.ops.core import apply, binary, cast, checked_axes, operands, symbolic, unary
from pronghorn.ops.shape import expand_dims as expand_dims
from pronghorn.ops.shape import reshape as reshape
from pronghorn.ops.shape import swapaxes as swapaxes

# -- arithmetic ---------------------------------------------------------------------------------


@symbolic
def add(x1: Any, x2: Any) -> Any:
    """x1 + x2."""
    return binary("add", x1, x2)


@symbolic
def subtract(x1: Any, x2: Any) -> Any:
    """x1 - x2."""
    return binary("subtract", x1, x2)


@symbolic
def multiply(x1: Any, x2: Any) -> Any:
    """x1 * x2."""
    return binary("multiply", x1, x2)


@symbolic
def divide(x1: Any, x2: Any) -> Any:
    """x1 / x2; integers are divided as floats."""
    return binary("divide", x1, x2, to_float=True)


true_divide = divide


@symbolic
def floor_divide(x1: Any, x2: Any) -> Any:
    """floor(x1 / x2)."""
    return binary("floor_divide", x1, x2)


@symbolic
def mod(x1: Any, x2: Any) -> Any:
    """x1 - floor(x1 / x2) * x2."""
    return binary("mod", x1, x2)


@symbolic
def power(x1: Any, x2: Any) -> Any:
    """x1 to the power x2."""
    if isinstance(x2, int | float) and not isinstance(x2, bool):
        if x2 == 2:
            return square(x1)
        if x2 == 1:
            return operands(x1)[0]
    x1, x2 = operands(x1, x2)
    if is_float(x1.dtype):
        return apply("power", [x1, x2])
    return cast(round(apply("power", [cast(x1, "float64"), cast(x2, "float64")])), x1.dtype)


@symbolic
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of the two; NaN if either is."""
    return binary("maximum", x1, x2)


@symbolic
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of the two; NaN if either is."""
    return binary("minimum", x1, x2)


@symbolic
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """x, at least x_min and at most x_max."""
    return minimum(maximum(x, x_min), x_max)


def _unary(op: str, formula: str, to_float: bool = True, name: str | None = None) -> Any:
    def function(x: Any) -> Any:
        return unary(op, x, to_float=to_float)

    function.__name__ = function.__qualname__ = name or op
    function.__doc__ = formula
    return symbolic(function)


negative = _unary("negative", "-x.", to_float=False)
absolute = _unary("absolute", "abs(x).", to_float=False)
abs = absolute
sign = _unary("sign", "-1, 0 or 1.", to_float=False)
square = _unary("square", "x * x.", to_float=False)
sqrt = _unary("sqrt", "Square root.")
rsqrt = _unary("rsqrt", "1 / sqrt(x).")
reciprocal = _unary("reciprocal", "1 / x.")
exp = _unary("exp", "e to the power x.")
expm1 = _unary("expm1", "exp(x) - 1, accurate near 0.")
log = _unary("log", "Natural logarithm.")
log1p = _unary("log1p", "log(1 + x), accurate near 0.")
sin = _unary("sin", "Sine.")
cos = _unary("cos", "Cosine.")
floor = _unary("floor", "Largest integer not above x.")
ceil = _unary("ceil", "Smallest integer not below x.")
isnan = _unary("isnan", "Is x not a number?")
isfinite = _unary("isfinite", "Is x neither NaN nor infinite?")


@symbolic
def round(x: Any, decimals: int = 0) -> Any:
    """The nearest multiple of 10**-decimals, half to even."""
    if decimals == 0:
        return unary("round", x, to_float=True)
    scale = 10.0**decimals
    return divide(unary("round", multiply(x, scale), to_float=True), scale)


@symbolic
def isinf(x: Any) -> Any:
    """Is x infinite?"""
    return equal(absolute(x), math.inf)


@symbolic
def log2(x: Any) -> Any:
    """Logarithm to base 2."""
    return divide(log(x), math.log(2))


@symbolic
def log10(x: Any) -> Any:
    """Logarithm to base 10."""
    return divide(log(x), math.log(10))


@symbolic
def sinh(x: Any) -> Any:
    """(exp(x) - exp(-x)) / 2, by expm1 so that small x keep their digits."""
    e = expm1(x)
    return multiply(0.5, add(e, divide(e, add(e, 1.0))))


@symbolic
def cosh(x: Any) -> Any:
    """(exp(x) + exp(-x)) / 2."""
    return multiply(0.5, add(exp(x), exp(negative(x))))


# -- comparison ---------------------------------------------------------------------------------


@symbolic
def equal(x1: Any, x2: Any) -> Any:
    """x1 == x2."""
    return binary("equal", x1, x2)


@symbolic
def not_equal(x1: Any, x2: Any) -> Any:
    """x1 != x2."""
    return binary("not_equal", x1, x2)


@symbolic
def less(x1: Any, x2: Any) -> Any:
    """x1 < x2."""
    return binary("less", x1, x2)


@symbolic
def less_equal(x1: Any, x2: Any) -> Any:
    """x1 <= x2."""
    return binary("less_equal", x1, x2)


@symbolic
def greater(x1: Any, x2: Any) -> Any:
    """x1 > x2."""
    return binary("less", x2, x1)


@symbolic
def greater_equal(x1: Any, x2: Any) -> Any:
    """x1 >= x2."""
    return binary("less_equal", x2, x1)


@symbolic
def logical_and(x1: Any, x2: Any) -> Any:
    """Are both true?"""
    return apply("logical_and", [cast(x1, "bool"), cast(x2, "bool")])


@symbolic
def logical_or(x1: Any, x2: Any) -> Any:
    """Is either true?"""
    return apply("logical_or", [cast(x1, "bool"), cast(x2, "bool")])


@symbolic
def logical_not(x: Any) -> Any:
    """Is x false?"""
    return apply("logical_not", [cast(x, "bool")])


@symbolic
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """x1 where the condition holds, else x2."""
    return apply("select", [cast(condition, "bool"), *operands(x1, x2)])


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
def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Product over axes."""
    return _reduce("prod", operands(x)[0], axis, keepdims)


@symbolic
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Arithmetic mean over axes."""
    (x,) = operands(x, to_float=True)
    return divide(_reduce("sum", x, axis, keepdims), float(_count(x, axis)))


@symbolic
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element over axes; NaN if there is one."""
    return _reduce("max", operands(x)[0], axis, keepdims)


@symbolic
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element over axes; NaN if there is one."""
    return _reduce("min", operands(x)[0], axis, keepdims)


amax, amin = max, min


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
def moments(x: Any, axes: Any, keepdims: bool = False) -> Any:
    """Mean and population variance over axes."""
    return mean(x, axes, keepdims), var(x, axes, keepdims)
