# SPDX-License-Identifier: Apache-2.0
"""Running sums and products along an axis."""

from __future__ import annotations

from typing import Any

from pronghorn.ops._elementwise import isnan, where
from pronghorn.ops.core import apply, cast, checked_axes, operands, symbolic
from pronghorn.ops.shape import ravel


def _run(op: str, x: Any, axis: int | None, dtype: Any, instead_of_nan: float | None = None) -> Any:
    (x,) = operands(x)
    if dtype is not None or x.dtype == "bool":
        x = cast(x, dtype or "int32")
    if axis is None:
        x, axis = ravel(x), 0
    if instead_of_nan is not None and x.dtype.startswith("float"):
        x = where(isnan(x), instead_of_nan, x)
    return apply(op, [x], axes=checked_axes(axis, x.ndim))


@symbolic
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The sum of each element and all before it.

    Args:
        x: tensor; bools count as int32.
        axis: along which; by default all elements are one vector.
        dtype: of the computation.

    >>> import pronghorn as keras
    >>> keras.ops.cumsum([1, 2, 3]).numpy().tolist()
    [1, 3, 6]
    """
    return _run("cumsum", x, axis, dtype)


@symbolic
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The product of each element and all before it; arguments as of `cumsum`."""
    return _run("cumprod", x, axis, dtype)


@symbolic
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """`cumsum` in which NaN counts as 0."""
    return _run("cumsum", x, axis, dtype, instead_of_nan=0)


@symbolic
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """`cumprod` in which NaN counts as 1."""
    return _run("cumprod", x, axis, dtype, instead_of_nan=1)
