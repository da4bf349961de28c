# SPDX-License-Identifier: Apache-2.0
"""Functions of one or two numbers that are formulas over the engine's."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from pronghorn.ops._elementwise import (
    absolute,
    cos,
    divide,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    power,
    round,
    sign,
    sin,
    sqrt,
    square,
    where,
)
from pronghorn.ops.core import erf, operands, softplus, stop_gradient, symbolic


@symbolic
def tan(x: Any) -> Any:
    """Tangent."""
    (x,) = operands(x, to_float=True)
    return divide(sin(x), cos(x))


@symbolic
def deg2rad(x: Any) -> Any:
    """Degrees to radians: x * pi / 180."""
    return operands(x, to_float=True)[0] * (math.pi / 180)


@symbolic
def rad2deg(x: Any) -> Any:
    """Radians to degrees: x * 180 / pi."""
    return operands(x, to_float=True)[0] * (180 / math.pi)


@symbolic
def exp2(x: Any) -> Any:
    """2 to the power x."""
    return power(2.0, operands(x, to_float=True)[0])


@symbolic
def ldexp(x1: Any, x2: Any) -> Any:
    """x1 * 2^x2."""
    x1, x2 = operands(x1, x2, to_float=True)
    return x1 * power(2.0, x2)


@symbolic
def cbrt(x: Any) -> Any:
    """The real cube root.

    >>> import pronghorn as keras
    >>> float(keras.ops.cbrt(-8.0))
    -2.0
    """
    (x,) = operands(x, to_float=True)
    usual = (x != 0) & (absolute(x) < math.inf)
    y = where(usual, x, 1.0)
    root = stop_gradient(sign(y) * exp(log(absolute(y)) / 3))
    root = root - (root - y / square(root)) / 3  # Newton's step, which has the derivative
    return where(usual, root, x)


@symbolic
def hypot(x1: Any, x2: Any) -> Any:
    """sqrt(x1^2 + x2^2), without overflow."""
    x1, x2 = operands(x1, x2, to_float=True)
    x1, x2 = absolute(x1), absolute(x2)
    long, short = maximum(x1, x2), minimum(x1, x2)
    usual = (long > 0) & (long < math.inf)
    ratio = where(usual, short, 0.0) / where(usual, long, 1.0)
    return where(usual, long * sqrt(1 + square(ratio)), where(x1 == math.inf, x1, long))


@symbolic
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), and 1 at 0."""
    (x,) = operands(x, to_float=True)
    angle = where(x == 0, 1.0, x) * math.pi
    # At 0 the value 1 with the slope of x^2, 0.
    return where(x == 0, 1 - square(x), sin(angle) / angle)


@symbolic
def logaddexp(x1: Any, x2: Any) -> Any:
    """log(exp(x1) + exp(x2)), without overflow."""
    x1, x2 = operands(x1, x2, to_float=True)
    infinite = (x1 == x2) & (absolute(x1) == math.inf)
    difference = absolute(where(infinite, 0.0, x1) - where(infinite, 0.0, x2))
    return maximum(x1, x2) + where(infinite, 0.0, softplus(-difference))


@symbolic
def logaddexp2(x1: Any, x2: Any) -> Any:
    """log2(2^x1 + 2^x2), without overflow."""
    x1, x2 = operands(x1, x2, to_float=True)
    infinite = (x1 == x2) & (absolute(x1) == math.inf)
    difference = absolute(where(infinite, 0.0, x1) - where(infinite, 0.0, x2))
    more = log1p(exp(-difference * math.log(2))) / math.log(2)
    return maximum(x1, x2) + where(infinite, 0.0, more)


@symbolic
def erfc(x: Any) -> Any:
    """1 - erf(x), without cancellation where that is small.

    From x = 1.25 on by Laplace's continued fraction, Abramowitz and Stegun 7.1.14:
    exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))).
    """
    (x,) = operands(x, to_float=True)
    tail = where(x > 1.25, minimum(x, 30.0), 1.25)  # erfc(30) is 0 in float64
    fraction = tail
    # The error falls like exp(-2 sqrt(2 n) x): at x = 1.25 it is 4e-9 and 4e-16 after these terms.
    for n in range(30 if x.dtype == "float32" else 100, 0, -1):
        fraction = tail + n / 2 / fraction
    near = round(tail * 16) / 16  # whose square is exact, so that exp(-x^2) keeps its digits
    gauss = exp(-square(near)) * exp((near - tail) * (near + tail))
    return where(x > 1.25, gauss / math.sqrt(math.pi) / fraction, 1 - erf(x))


@functools.cache
def _bessel_series() -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev series of exp(-x) I0(x): in x / 4 - 1 to 8, and times sqrt(x) in 16 / x - 1."""
    interpolate: Any = np.polynomial.chebyshev.chebinterpolate

    def scaled(x: np.ndarray) -> np.ndarray:
        return np.exp(-x) * np.i0(x)

    # The degrees are those of Cephes, i0; the series err by 3e-14.
    low = interpolate(lambda t: scaled(4 * (t + 1)), 29)

    def high_part(t: np.ndarray) -> np.ndarray:
        x = 16 / (t + 1)
        near = np.minimum(x, 500)  # NumPy's i0 overflows above 700
        u = 1 / (8 * x)  # Abramowitz and Stegun 9.7.1
        far = (1 + u * (1 + u * (9 / 2 + u * (75 / 2 + u * 3675 / 8)))) / np.sqrt(2 * np.pi)
        return np.where(x > 500, far, np.sqrt(near) * scaled(near))

    return low, interpolate(high_part, 24)


def _chebyshev(series: np.ndarray, t: Any) -> Any:
    """The sum of a Chebyshev series, by Clenshaw's recurrence."""
    last: Any = 0.0
    before: Any = 0.0
    for coefficient in series[:0:-1]:
        last, before = t * 2 * last - before + float(coefficient), last
    return t * last - before + float(series[0])


@symbolic
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    low, high = _bessel_series()
    (x,) = operands(x, to_float=True)
    size = absolute(x)
    near = _chebyshev(low, minimum(size, 8.0) / 4 - 1)
    far = maximum(size, 8.0)
    far = _chebyshev(high, 16 / far - 1) / sqrt(far)
    return exp(size) * where(size <= 8, near, far)
