# SPDX-License-Identifier: Apache-2.0
"""Functions of complex numbers, for tensors, all of which are real."""

from __future__ import annotations

import math
from typing import Any

from pronghorn.ops._elementwise import (
    equal,
    isnan,
    less,
    logical_or,
    multiply,
    not_equal,
    where,
)
from pronghorn.ops.core import cast, operands, symbolic


@symbolic
def real(x: Any) -> Any:
    """x: every tensor is real."""
    return operands(x)[0]


@symbolic
def imag(x: Any) -> Any:
    """0: every tensor is real."""
    (x,) = operands(x)
    return cast(multiply(cast(x, "float64"), 0.0), x.dtype)


@symbolic
def conjugate(x: Any) -> Any:
    """x: every tensor is real."""
    return operands(x)[0]


conj = conjugate


@symbolic
def isreal(x: Any) -> Any:
    """True: every tensor is real."""
    (x,) = operands(x)
    return logical_or(equal(x, x), not_equal(x, x))


@symbolic
def angle(x: Any) -> Any:
    """The argument of x as a complex number: 0, pi where x is negative."""
    (x,) = operands(x, to_float=True)
    return where(less(x, 0), math.pi, where(isnan(x), x, 0.0))
