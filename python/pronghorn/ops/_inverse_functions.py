# SPDX-License-Identifier: Apache-2.0
"""Inverses of the trigonometric, hyperbolic and error functions.

The engine has none of them. Where a formula over its functions would lose digits, a first value,
through which no gradient flows, takes a step of Newton's method: that doubles its correct digits,
and the derivative of the step is that of the inverse, 1 / f'.
"""

from __future__ import annotations

import math
from typing import Any

from pronghorn.ops._elementwise import (
    absolute,
    cos,
    divide,
    exp,
    isfinite,
    less,
    log,
    log1p,
    logical_and,
    logical_or,
    maximum,
    minimum,
    sin,
    sqrt,
    square,
    where,
)
from pronghorn.ops.core import cast, erf, operands, stop_gradient, symbolic

# arctan(t) / t - 1 as a polynomial in t^2 without constant, |t| <= tan(pi / 8): Cephes, atanf.
_ARCTAN = (8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1)

# Giles, "Approximating the erfinv function", 2010, table 5 (single precision): polynomials in
# w - 5/2 and in sqrt(w) - 3, w = -log(1 - x^2).
_ERFINV_CENTRE = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
_ERFINV_TAIL = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """By Horner's rule, highest power first."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _arctan_of_ratio(y: Any, x: Any) -> Any:
    """arctan(y / x) for 0 <= y <= x, x not 0."""
    octant = y > x * math.tan(math.pi / 8)
    # arctan(r) = pi/4 + arctan((r - 1) / (r + 1)) brings both halves into |t| <= tan(pi / 8).
    t = where(octant, (y - x) / (y + x), y / x)
    z = square(t)
    first = stop_gradient(_polynomial((*_ARCTAN, 0.0), z) * t + t)
    s, c = sin(first), cos(first)
    # tan(angle - first) is the argument of this last arctan, which is its argument: below 1e-7.
    return cast(octant, y.dtype) * (math.pi / 4) + (first + (t * c - s) / (c + t * s))


@symbolic
def arctan(x: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose tangent is x.

    >>> import pronghorn as keras
    >>> round(float(keras.ops.arctan(1.0)) * 4, 5)
    3.14159
    """
    (x,) = operands(x, to_float=True)
    one = x * 0 + 1
    size = where(x < 0, -x, x)
    steep = size > 1
    low = where(steep, 1 / where(steep, size, 1.0), size)
    angle = _arctan_of_ratio(low, where(isfinite(one), one, 1.0))
    angle = where(steep, math.pi / 2 - angle, angle)
    return where(x < 0, -angle, where(x == 0, x, angle))


@symbolic
def arctan2(x1: Any, x2: Any) -> Any:
    """The angle in [-pi, pi] of the point (x2, x1), signed zeros included.

    >>> import pronghorn as keras
    >>> round(float(keras.ops.arctan2(1.0, -1.0)) * 4 / 3, 5)
    3.14159
    """
    y, x = operands(x1, x2, to_float=True)
    width, height = where(x < 0, -x, x), where(y < 0, -y, y)
    steep = height > width
    long, short = where(steep, height, width), where(steep, width, height)
    both_infinite = short == math.inf
    origin = long == 0
    short = where(both_infinite, 1.0, short)
    long = where(logical_or(both_infinite, origin), 1.0, long)
    ratio = short / long  # before the polynomial, so that nothing overflows
    angle = _arctan_of_ratio(ratio, ratio * 0 + 1)
    angle = where(steep, math.pi / 2 - angle, angle)
    angle = where(signbit(x), math.pi - angle, angle)
    return where(signbit(y), -angle, angle)


@symbolic
def signbit(x: Any) -> Any:
    """Is x below 0, or -0? (The sign of NaN counts as plus.)"""
    (x,) = operands(x, to_float=True)
    return logical_or(less(x, 0), logical_and(x == 0, less(divide(1.0, x), 0)))


@symbolic
def arcsin(x: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose sine is x; NaN outside of [-1, 1]."""
    (x,) = operands(x, to_float=True)
    return arctan2(x, sqrt((1 - x) * (1 + x)))


@symbolic
def arccos(x: Any) -> Any:
    """The angle in [0, pi] whose cosine is x; NaN outside of [-1, 1]."""
    (x,) = operands(x, to_float=True)
    return arctan2(sqrt((1 - x) * (1 + x)), x)


@symbolic
def arcsinh(x: Any) -> Any:
    """log(x + sqrt(x^2 + 1)), by log1p so that small x keep their digits."""
    (x,) = operands(x, to_float=True)
    size = where(x < 0, -x, x)
    huge = size > 1e9  # there sqrt(x^2 + 1) = x to the last digit, and x^2 may overflow
    y = where(huge, 1.0, size)
    value = where(
        huge,
        log(where(huge, size, 1.0)) + math.log(2),
        log1p(y + square(y) / (1 + sqrt(1 + y * y))),
    )
    return where(x < 0, -value, where(x == 0, x, value))


@symbolic
def arccosh(x: Any) -> Any:
    """log(x + sqrt(x^2 - 1)), NaN below 1; by log1p so that x near 1 keep their digits."""
    (x,) = operands(x, to_float=True)
    huge = x > 1e9
    t = where(huge, 1.0, x) - 1
    value = log1p(t + sqrt(t * (t + 2)))
    return where(huge, log(where(huge, x, 1.0)) + math.log(2), value)


@symbolic
def arctanh(x: Any) -> Any:
    """log((1 + x) / (1 - x)) / 2, NaN outside of [-1, 1]."""
    (x,) = operands(x, to_float=True)
    return (log1p(x) - log1p(-x)) * 0.5


@symbolic
def erfinv(x: Any) -> Any:
    """The y with erf(y) = x; NaN outside of [-1, 1].

    >>> import pronghorn as keras
    >>> round(float(keras.ops.erf(keras.ops.erfinv(0.25))), 6)
    0.25
    """
    (x,) = operands(x, to_float=True)
    w = -log((1 - x) * (1 + x))
    near = _polynomial(_ERFINV_CENTRE, minimum(w, 5.0) - 2.5)
    far = _polynomial(_ERFINV_TAIL, sqrt(maximum(w, 5.0)) - 3)
    y = where(w < 5, near, far) * x
    y = where(absolute(x) < 1, y, 0.0)
    for _ in range(2):
        y = stop_gradient(y)
        y = y + (x - erf(y)) * (math.sqrt(math.pi) / 2) * exp(square(y))
    infinity = where(x == 1, math.inf, where(x == -1, -math.inf, math.nan))
    return where(absolute(x) < 1, y, infinity)
