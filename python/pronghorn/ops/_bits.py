# SPDX-License-Identifier: Apache-2.0
"""The bits of integers, their divisors, and the neighbours of floating-point numbers."""

from __future__ import annotations

from typing import Any

from pronghorn.ops._elementwise import logical_and, logical_not, logical_or, logical_xor
from pronghorn.ops.core import apply, cast, operands, symbolic


def _on_bits(op: str, *values: Any) -> Any:
    tensors = operands(*values)
    result = apply(op, tensors)
    if result.dtype == "uint8":  # which has 32 bits inside the engine
        return cast(apply("mod", operands(cast(result, "int32"), 256)), "uint8")
    return result


def _bitwise(op: str, of_bools: Any, *values: Any) -> Any:
    tensors = operands(*values)
    return of_bools(*tensors) if tensors[0].dtype == "bool" else _on_bits(op, *tensors)


@symbolic
def bitwise_and(x: Any, y: Any) -> Any:
    """The bits that both have; of bools, `logical_and`."""
    return _bitwise("bitwise_and", logical_and, x, y)


@symbolic
def bitwise_or(x: Any, y: Any) -> Any:
    """The bits that one of both has; of bools, `logical_or`."""
    return _bitwise("bitwise_or", logical_or, x, y)


@symbolic
def bitwise_xor(x: Any, y: Any) -> Any:
    """The bits that only one of both has; of bools, `logical_xor`."""
    return _bitwise("bitwise_xor", logical_xor, x, y)


@symbolic
def bitwise_not(x: Any) -> Any:
    """Each bit turned over; of bools, `logical_not`."""
    return _bitwise("bitwise_not", logical_not, x)


@symbolic
def bitwise_invert(x: Any) -> Any:
    """`bitwise_not`."""
    return bitwise_not(x)


def _of_integers(x: Any, y: Any) -> list[Any]:
    x, y = operands(x, y)
    return [cast(v, "int32") for v in (x, y)] if x.dtype == "bool" else [x, y]


@symbolic
def bitwise_left_shift(x: Any, y: Any) -> Any:
    """The bits of x moved up by y places; 0 where they all leave."""
    return _on_bits("left_shift", *_of_integers(x, y))


@symbolic
def bitwise_right_shift(x: Any, y: Any) -> Any:
    """The bits of x moved down by y places; the sign comes in from above."""
    return _on_bits("right_shift", *_of_integers(x, y))


@symbolic
def left_shift(x: Any, y: Any) -> Any:
    """`bitwise_left_shift`."""
    return bitwise_left_shift(x, y)


@symbolic
def right_shift(x: Any, y: Any) -> Any:
    """`bitwise_right_shift`."""
    return bitwise_right_shift(x, y)


@symbolic
def gcd(x1: Any, x2: Any) -> Any:
    """The greatest common divisor of integers; of bools, `logical_or`.

    >>> import pronghorn as keras
    >>> int(keras.ops.gcd(12, -18))
    6
    """
    return _bitwise("gcd", logical_or, x1, x2)


@symbolic
def lcm(x1: Any, x2: Any) -> Any:
    """The least common multiple of integers, not negative; of bools, `logical_and`."""
    return _bitwise("lcm", logical_and, x1, x2)


@symbolic
def nextafter(x1: Any, x2: Any) -> Any:
    """The floating-point number next to x1 on the way to x2."""
    return apply("nextafter", operands(x1, x2, to_float=True))
