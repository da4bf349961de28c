# SPDX-License-Identifier: Apache-2.0
"""The elements of tensors in other places: flipped, rolled, repeated, padded, joined, cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.ops._elementwise import where
from pronghorn.ops.core import apply, cast, checked_axes, dims, known_size, operands, symbolic
from pronghorn.ops.shape import (
    _slice,
    concatenate,
    expand_dims,
    get_item,
    ravel,
    reshape,
    split,
    squeeze,
    swapaxes,
    take,
    transpose,
)


def _times(*sizes: int | None) -> int | None:
    """The product of sizes, None if one of them is not known."""
    return None if None in sizes else math.prod(d for d in sizes if d is not None)


def _cut(x: Any, axis: int, begin: Any = None, end: Any = None, step: Any = None) -> Any:
    """x[..., begin:end:step, ...] on a non-negative axis."""
    return get_item(x, (*[np.s_[:]] * axis, np.s_[begin:end:step]))


@symbolic
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """With axes moved to new places; the others keep their order."""
    (x,) = operands(x)
    sources, places = (
        [int(a) % x.ndim for a in np.atleast_1d(axes)] for axes in (source, destination)
    )
    if len(sources) != len(places):
        raise ValueError(
            "moveaxis: source and destination must have the same length. "
            f"Received: source={source}, destination={destination}"
        )
    order = [a for a in range(x.ndim) if a not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


@symbolic
def flip(x: Any, axis: Any = None) -> Any:
    """In reverse order along axes, all of them by default."""
    (x,) = operands(x)
    for a in checked_axes(axis, x.ndim):
        x = _cut(x, a, step=-1)
    return x


@symbolic
def fliplr(x: Any) -> Any:
    """In reverse order along axis 1."""
    return flip(x, 1)


@symbolic
def flipud(x: Any) -> Any:
    """In reverse order along axis 0."""
    return flip(x, 0)


@symbolic
def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Rotated k times by 90 degrees, from the first of two axes towards the second.

    Raises:
        ValueError: the axes are not two different ones.
    """
    (x,) = operands(array)
    if x.ndim < 2 or len(axes) != 2 or axes[0] % x.ndim == axes[1] % x.ndim:
        raise ValueError(
            f"rot90: axes must be two different ones of the tensor. Received: axes={axes} for "
            f"shape {x.shape}"
        )
    k = k % 4
    if k == 2:
        return flip(x, axes)
    if k == 1:
        return swapaxes(flip(x, axes[1]), *axes)
    return flip(swapaxes(x, *axes), axes[1]) if k == 3 else x


@symbolic
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Moved along axes, what leaves at one end coming back at the other.

    Args:
        x: tensor.
        shift: by how much; several for several axes.
        axis: axis or axes; the flattened elements by default.
    """
    (x,) = operands(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    shifts, axes = np.broadcast_arrays(shift, axis)
    for by, a in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        (a,) = checked_axes(a, x.ndim)
        length = x.shape[a]
        by = by % length if length else by
        if by:
            x = concatenate([_cut(x, a, begin=-by), _cut(x, a, end=-by)], a)
    return x


@symbolic
def tile(x: Any, repeats: Any) -> Any:
    """x repeated along each axis, by NumPy's rule."""
    (x,) = operands(x)
    counts = [int(r) for r in np.atleast_1d(repeats)]
    rank = max(x.ndim, len(counts))
    counts = [1] * (rank - len(counts)) + counts
    shape = [1] * (rank - x.ndim) + list(x.shape)
    apart = [d for size in shape for d in (1, size)]
    together = [d for r, size in zip(counts, shape, strict=True) for d in (r, size)]
    repeated = apply("broadcast_to", [reshape(x, apart)], shape=dims(together))
    return reshape(repeated, [_times(r, size) for r, size in zip(counts, shape, strict=True)])


@symbolic
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each slice along an axis repeated.

    Args:
        x: tensor.
        repeats: how many times, one number or one for each slice.
        axis: the axis; the flattened elements by default.

    >>> import pronghorn as keras
    >>> keras.ops.repeat([1, 2], [1, 3]).numpy().tolist()
    [1, 2, 2, 2]
    """
    (x,) = operands(x)
    if axis is None:
        return repeat(ravel(x), repeats, 0)
    (axis,) = checked_axes(axis, x.ndim)
    counts = np.asarray(repeats)
    if counts.size > 1:
        return take(
            x, np.repeat(np.arange(known_size("repeat", x, axis), dtype="int32"), counts), axis
        )
    count = int(counts.reshape(()))
    lead, size, rest = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    each = apply(
        "broadcast_to", [expand_dims(x, axis + 1)], shape=dims((*lead, size, count, *rest))
    )
    return reshape(each, (*lead, _times(size, count), *rest))


@symbolic
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """x with more elements around it.

    Args:
        x: tensor.
        pad_width: ((before, after), ...) for each axis, one pair for all, or one number.
        mode: "constant", or where the new elements come from: "edge", "reflect", "symmetric",
            "wrap".
        constant_values: the constant, 0 by default.

    Raises:
        ValueError: another mode, or a constant for a mode that takes none.

    >>> import pronghorn as keras
    >>> keras.ops.pad([1, 2, 3], 2, mode="reflect").numpy().tolist()
    [3, 2, 1, 2, 3, 2, 1]
    """
    modes = ("constant", "edge", "reflect", "symmetric", "wrap")
    if mode not in modes:
        raise ValueError(f"pad: mode must be one of {', '.join(modes)}. Received: mode={mode!r}")
    if mode != "constant" and constant_values is not None:
        raise ValueError(
            f"pad: only mode='constant' takes constant_values. Received: mode={mode!r}"
        )
    (x,) = operands(x)
    widths = np.broadcast_to(np.asarray(pad_width, dtype=int), (x.ndim, 2)).tolist()
    for axis, (before, after) in enumerate(widths):
        if not before and not after:
            continue
        if mode != "constant":
            places = np.arange(known_size("pad", x, axis), dtype="int32")
            x = take(x, np.pad(places, (before, after), mode=mode), axis)  # type: ignore[call-overload]
            continue
        value = cast(0 if constant_values is None else constant_values, x.dtype)
        shape = list(x.shape)
        parts = [x]
        for place, width in ((0, before), (len(parts) + 1, after)):
            if width:
                shape[axis] = width
                parts.insert(place, apply("broadcast_to", [value], shape=dims(shape)))
        x = concatenate(parts, axis)
    return x


# -- joining and cutting ------------------------------------------------------------------------


@symbolic
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """x2 behind x1 along an axis; both flattened by default."""
    x1, x2 = operands(x1, x2)
    if axis is None:
        return concatenate([ravel(x1), ravel(x2)], 0)
    return concatenate([x1, x2], axis)


def _with_rank(x: Any, rank: int) -> Any:
    """As NumPy's atleast_nd: a vector becomes (1, n) and (1, n, 1)."""
    (x,) = operands(x)
    shapes = {1: (1,), 2: (1, *x.shape), 3: (1, *x.shape, 1)}
    if x.ndim == 0:
        return reshape(x, [1] * rank)
    if x.ndim >= rank:
        return x
    return expand_dims(x, -1) if x.ndim == 2 else reshape(x, shapes[rank])


@symbolic
def hstack(xs: Sequence[Any]) -> Any:
    """Tensors side by side: along axis 1, vectors along their only one."""
    parts = [_with_rank(x, 1) for x in xs]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1)


@symbolic
def vstack(xs: Sequence[Any]) -> Any:
    """Tensors under one another: along axis 0, vectors as rows."""
    return concatenate([_with_rank(x, 2) for x in xs], 0)


@symbolic
def dstack(xs: Sequence[Any]) -> Any:
    """Tensors behind one another: along axis 2."""
    return concatenate([_with_rank(x, 3) for x in xs], 2)


@symbolic
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """As `split`, but so many pieces need not be equal: the first ones are longer by one."""
    (x,) = operands(x)
    (axis,) = checked_axes(axis, x.ndim)
    if isinstance(indices_or_sections, int | np.integer):
        whole, longer = divmod(known_size("array_split", x, axis), int(indices_or_sections))
        sizes = [whole + (i < longer) for i in range(int(indices_or_sections))]
        indices_or_sections = np.cumsum(sizes)[:-1].tolist()
    return split(x, indices_or_sections, axis)


@symbolic
def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 1, of a vector along its only one."""
    (x,) = operands(x)
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@symbolic
def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 0."""
    return split(x, indices_or_sections, 0)


@symbolic
def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 2."""
    return split(x, indices_or_sections, 2)


@symbolic
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """The slices along an axis, as a list.

    Args:
        x: tensor.
        num: how many there are, if the shape does not tell.
        axis: the axis that goes.

    Raises:
        ValueError: neither tells.
    """
    (x,) = operands(x)
    (axis,) = checked_axes(axis, x.ndim)
    count = known_size("unstack", x, axis) if num is None else num
    return [squeeze(_cut(x, axis, i, i + 1), axis) for i in range(count)]


# -- diagonals ----------------------------------------------------------------------------------


@symbolic
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of matrices, as a new last axis.

    Args:
        x: tensor of at least two axes.
        offset: 0 for the main diagonal, positive above it, negative below.
        axis1, axis2: the axes of rows and of columns.
    """
    (x,) = operands(x)
    if x.ndim < 2:
        raise ValueError(f"diagonal: expected at least two axes. Received: shape {x.shape}")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    lead = x.shape[:-2]
    rows, columns = known_size("diagonal", x, -2), known_size("diagonal", x, -1)
    begin = offset if offset >= 0 else -offset * columns
    length = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    flat = reshape(x, (*lead, rows * columns))
    begin = begin if length else 0
    return _slice(flat, [0] * len(lead) + [begin], [*lead, length], [1] * len(lead) + [columns + 1])


@symbolic
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal."""
    from pronghorn.ops._reductions import sum

    return sum(diagonal(x, offset, axis1, axis2), -1)


@symbolic
def diag(x: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix; of a vector, the matrix that has it there.

    >>> import pronghorn as keras
    >>> keras.ops.diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """
    (x,) = operands(x)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"diag: expected a vector or a matrix. Received: shape {x.shape}")
    size = known_size("diag", x, 0) + abs(k)
    placed = pad(x, ((max(-k, 0), max(k, 0)),))  # element i of row i
    return where(np.eye(size, k=k, dtype=bool), expand_dims(placed, 1), cast(0, x.dtype))


@symbolic
def diagflat(x: Any, k: int = 0) -> Any:
    """`diag` of all elements as a vector."""
    return diag(ravel(x), k)


def _triangle(x: Any, k: int, keep_lower: bool) -> Any:
    (x,) = operands(x)
    if x.ndim < 2:
        raise ValueError(f"expected at least two axes. Received: shape {x.shape}")
    rows, columns = known_size("tril", x, -2), known_size("tril", x, -1)
    lower = np.tri(rows, columns, k if keep_lower else k - 1, dtype=bool)
    return where(lower if keep_lower else ~lower, x, cast(0, x.dtype))


@symbolic
def tril(x: Any, k: int = 0) -> Any:
    """With 0 above the k-th diagonal."""
    return _triangle(x, k, keep_lower=True)


@symbolic
def triu(x: Any, k: int = 0) -> Any:
    """With 0 below the k-th diagonal."""
    return _triangle(x, k, keep_lower=False)


@symbolic
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The n-th difference of neighbours along an axis; of bools, whether they differ."""
    (x,) = operands(a)
    (axis,) = checked_axes(axis, x.ndim)
    for _ in range(n):
        after, before = _cut(x, axis, begin=1), _cut(x, axis, end=-1)
        x = after != before if x.dtype == "bool" else after - before
    return x
