# SPDX-License-Identifier: Apache-2.0
"""Tensors made from numbers: ranges, grids, triangles, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import floatx, standardize_dtype
from pronghorn.backend.tensor import Operators, convert_to_tensor
from pronghorn.ops._elementwise import divide, multiply, power, where
from pronghorn.ops._rearranging import moveaxis
from pronghorn.ops.core import apply, cast, dims, operands, symbolic
from pronghorn.ops.shape import concatenate, reshape, zeros, zeros_like


def array(x: Any, dtype: Any = None) -> Any:
    """`convert_to_tensor`."""
    return convert_to_tensor(x, dtype)


def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor of any values; they are zeros."""
    return zeros(shape, dtype)


@symbolic
def empty_like(x: Any, dtype: Any = None) -> Any:
    """A tensor of any values with the shape and dtype of x; they are zeros."""
    return zeros_like(x, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """1 on the k-th diagonal of an (N, M) matrix (square by default), else 0."""
    return convert_to_tensor(np.eye(N, M, k, dtype=standardize_dtype(dtype)))


def identity(n: int, dtype: Any = None) -> Any:
    """The (n, n) matrix with 1 on its diagonal, else 0."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """1 on and below the k-th diagonal of an (N, M) matrix (square by default), else 0."""
    return convert_to_tensor(np.tri(N, M, k, dtype=standardize_dtype(dtype)))


# -- ranges -------------------------------------------------------------------------------------


def _between(start: Any, stop: Any, num: int, endpoint: bool, curve: Callable[..., Any]) -> Any:
    """curve(start, stop, t) for num values of t from 0 to 1 along a new first axis."""
    start, stop = operands(start, stop, to_float=True)
    lead = max(start.ndim, stop.ndim)
    t = np.linspace(0, 1, num, endpoint).reshape([num] + [1] * lead).astype(start.dtype)
    return curve(start, stop, convert_to_tensor(t))


def _finished(values: Any, start: Any, stop: Any, dtype: Any, axis: int) -> Any:
    """With the axis in its place and in the dtype of the ends, if those are tensors."""
    if dtype is None and not any(isinstance(x, Operators | np.ndarray) for x in (start, stop)):
        dtype = floatx()
    return moveaxis(cast(values, dtype or values.dtype), 0, axis)


@symbolic
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal distances.

    Args:
        start, stop: the ends, numbers or tensors.
        num: how many.
        endpoint: `stop` is the last one; else the one after the last.
        retstep: return the distance as well.
        dtype: of the result.
        axis: where the new axis stands, if the ends have axes.

    >>> import pronghorn as keras
    >>> keras.ops.linspace(0, 1, 5).numpy().tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    def line(a: Any, b: Any, t: Any) -> Any:
        return a * (1 - t) + b * t

    values = _finished(_between(start, stop, num, endpoint, line), start, stop, dtype, axis)
    if not retstep:
        return values
    start, stop = operands(start, stop, to_float=True)
    return values, divide(stop - start, float(num - 1 if endpoint else num))


@symbolic
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """base to the power of `linspace`."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    values = power(base, exponents)
    return values if dtype is None else cast(values, dtype)


@symbolic
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers each of which is the one before times the same: start (stop / start)^t."""

    def curve(a: Any, b: Any, t: Any) -> Any:
        # From the nearer end, so that both are exact.
        return where(t < 0.5, a * power(b / a, t), b * power(a / b, 1 - t))

    return _finished(_between(start, stop, num, endpoint, curve), start, stop, dtype, axis)


@symbolic
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """A tensor for each vector, with its values along its axis of a common grid.

    Args:
        x: vectors.
        indexing: "ij": the axes in the order of the vectors; "xy": the first two exchanged.

    Raises:
        ValueError: another `indexing`.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij'. Received: {indexing!r}")
    vectors = [reshape(operands(v)[0], (-1,)) for v in x]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        order[:2] = [1, 0]
    shape = [vectors[i].shape[0] for i in order]
    grids = []
    for i, vector in enumerate(vectors):
        along = [1] * len(vectors)
        along[order.index(i)] = vector.shape[0]
        grids.append(apply("broadcast_to", [reshape(vector, along)], shape=dims(shape)))
    return grids


@symbolic
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of a vector's elements as rows, the highest first.

    Args:
        x: vector.
        N: how many powers; as many as elements by default.
        increasing: the lowest first.
    """
    (x,) = operands(x)
    if x.ndim != 1:
        raise ValueError(f"vander: x must be a vector. Received: shape {x.shape}")
    count = x.shape[0] if N is None else N
    column = reshape(x, (-1, 1))
    powers = [multiply(column, 0) + 1]
    for _ in range(count - 1):
        powers.append(powers[-1] * column)
    return concatenate(powers[:count] if increasing else powers[:count][::-1], 1)


# -- windows ------------------------------------------------------------------------------------


def _window(name: str, formula: str) -> Callable[[Any], Any]:
    def window(x: Any) -> Any:
        return convert_to_tensor(getattr(np, name)(int(x)), floatx())

    window.__name__ = window.__qualname__ = name
    window.__doc__ = f"""The window of x points w_n = {formula}, n = 0 ... x - 1."""
    return window


bartlett = _window("bartlett", "1 - |2 n / (x - 1) - 1|")
blackman = _window("blackman", "0.42 - 0.5 cos(2 pi n / (x - 1)) + 0.08 cos(4 pi n / (x - 1))")
hamming = _window("hamming", "0.54 - 0.46 cos(2 pi n / (x - 1))")
hanning = _window("hanning", "0.5 - 0.5 cos(2 pi n / (x - 1))")


def kaiser(x: Any, beta: Any) -> Any:
    """The window of x points I0(beta sqrt(1 - (2 n / (x - 1) - 1)^2)) / I0(beta)."""
    return convert_to_tensor(np.kaiser(int(x), float(beta)), floatx())
