# SPDX-License-Identifier: Apache-2.0
"""Elementwise mathematics and comparisons, with NumPy's names and broadcasting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import is_float
from pronghorn.ops.core import apply, binary, cast, operands, symbolic, unary

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
    """x1 - floor(x1 / x2) * x2; bool counts as int32."""
    return apply("mod", _not_bool(x1, x2))


@symbolic
def fmod(x1: Any, x2: Any) -> Any:
    """What a division leaves, with the sign of x1: x1 - trunc(x1 / x2) * x2."""
    x1, x2 = _not_bool(x1, x2)
    rest = mod(absolute(x1), absolute(x2))
    return where(less(x1, 0), negative(rest), rest)


def _not_bool(*values: Any) -> list[Any]:
    tensors = operands(*values)
    return [cast(t, "int32") if t.dtype == "bool" else t for t in tensors]


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
def square(x: Any) -> Any:
    """x * x; bool counts as int32."""
    return apply("square", _not_bool(x))


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
    (x,) = operands(x)
    if not is_float(x.dtype) and decimals >= 0:
        return x
    if decimals == 0:
        return unary("round", x)
    scale = 10.0**decimals
    return divide(unary("round", multiply(x, scale), to_float=True), scale)


@symbolic
def trunc(x: Any) -> Any:
    """The integer next to x on the side of 0."""
    (x,) = operands(x)
    return where(less(x, 0), ceil(x), floor(x)) if is_float(x.dtype) else x


@symbolic
def fabs(x: Any) -> Any:
    """abs(x) as a float."""
    return absolute(operands(x, to_float=True)[0])


@symbolic
def isinf(x: Any) -> Any:
    """Is x infinite?"""
    return equal(fabs(x), math.inf)


@symbolic
def isposinf(x: Any) -> Any:
    """Is x plus infinity?"""
    return equal(operands(x, to_float=True)[0], math.inf)


@symbolic
def isneginf(x: Any) -> Any:
    """Is x minus infinity?"""
    return equal(operands(x, to_float=True)[0], -math.inf)


@symbolic
def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with finite numbers for NaN and infinities.

    Args:
        x: tensor.
        nan: what stands for NaN.
        posinf, neginf: what stands for the infinities; the largest and smallest number by default.

    >>> import pronghorn as keras
    >>> keras.ops.nan_to_num([float("nan"), float("inf")], posinf=9.0).numpy().tolist()
    [0.0, 9.0]
    """
    (x,) = operands(x)
    if not is_float(x.dtype):
        return x
    largest = float(np.finfo(x.dtype).max)
    x = where(equal(x, math.inf), largest if posinf is None else posinf, x)
    x = where(equal(x, -math.inf), -largest if neginf is None else neginf, x)
    return where(isnan(x), nan, x)


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
    (x,) = operands(x, to_float=True)
    size = where(less(x, 0), negative(x), x)
    e = expm1(size)
    large = greater(size, 1)
    near = where(large, 1, e)
    rest = where(large, subtract(1.0, reciprocal(add(e, 1.0))), divide(near, add(near, 1.0)))
    half = multiply(0.5, add(e, rest))
    return where(less(x, 0), negative(half), half)


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
def logical_xor(x1: Any, x2: Any) -> Any:
    """Is one true, and not the other?"""
    return not_equal(cast(x1, "bool"), cast(x2, "bool"))


@symbolic
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Is |x1 - x2| <= atol + rtol |x2|?

    Args:
        x1, x2: tensors.
        rtol: relative tolerance.
        atol: absolute tolerance.
        equal_nan: NaN is close to NaN.
    """
    x1, x2 = operands(x1, x2, to_float=True)
    near = less_equal(absolute(subtract(x1, x2)), add(atol, multiply(rtol, absolute(x2))))
    close = logical_or(logical_and(near, isfinite(x2)), equal(x1, x2))
    return logical_or(close, logical_and(isnan(x1), isnan(x2))) if equal_nan else close


@symbolic
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, else x2; with the condition alone, `nonzero(condition)`.

    Raises:
        ValueError: one of x1 and x2 is missing.
    """
    if (x1 is None) != (x2 is None):
        raise ValueError(f"where: give both x1 and x2, or neither. Received: x1={x1}, x2={x2}")
    if x1 is None:
        from pronghorn.ops._searching import nonzero

        return nonzero(condition)
    return apply("select", [cast(condition, "bool"), *operands(x1, x2)])


@symbolic
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element, the first choice whose condition holds, else the default.

    Args:
        condlist: bool tensors.
        choicelist: as many tensors to choose from.
        default: number or tensor.

    Raises:
        ValueError: there are not as many choices as conditions.

    >>> import pronghorn as keras
    >>> x = keras.ops.arange(4)
    >>> keras.ops.select([x < 1, x < 3], [x + 10, x + 20], 99).numpy().tolist()
    [10, 21, 22, 99]
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: expected as many choices as conditions. Received: {len(condlist)} conditions "
            f"and {len(choicelist)} choices"
        )
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


@symbolic
def heaviside(x1: Any, x2: Any) -> Any:
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 = 0."""
    x1, x2 = operands(x1, x2, to_float=True)
    return where(equal(x1, 0), x2, where(less(x1, 0), 0, where(isnan(x1), x1, 1)))


@symbolic
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0."""
    x1, x2 = operands(x1, x2, to_float=True)
    zero = equal(x2, 0)
    return where(zero, 0, divide(x1, where(zero, 1, x2)))


@symbolic
def fmax(x1: Any, x2: Any) -> Any:
    """The larger of the two; if one is NaN, the other."""
    return _but_for_nan(maximum, x1, x2)


@symbolic
def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of the two; if one is NaN, the other."""
    return _but_for_nan(minimum, x1, x2)


def _but_for_nan(function: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = operands(x1, x2)
    if not is_float(x1.dtype):
        return function(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, function(x1, x2)))


@symbolic
def copy(x: Any) -> Any:
    """A tensor of the same values."""
    return apply("copy", operands(x))
