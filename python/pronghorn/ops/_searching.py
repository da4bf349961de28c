# SPDX-License-Identifier: Apache-2.0
"""Where elements are: searching, counting, and putting values at indices.

The searches compare everything with everything, which suits the short lists (bins, classes) of
dense models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import floatx, is_float
from pronghorn.backend.tensor import convert_to_numpy, convert_to_tensor
from pronghorn.ops._elementwise import (
    equal,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    logical_and,
    logical_not,
    mod,
    where,
)
from pronghorn.ops._making import linspace
from pronghorn.ops._rearranging import pad
from pronghorn.ops._reductions import all, any, max, min, prod, sum
from pronghorn.ops.core import apply, cast, known_size, operands, symbolic
from pronghorn.ops.shape import (
    _only_dense,
    expand_dims,
    one_hot,
    ravel,
    reshape,
    take_along_axis,
    zeros_like,
)

# -- searching ----------------------------------------------------------------------------------


@symbolic
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Where values would have to be inserted into a sorted vector, int32.

    Args:
        sorted_sequence: vector in ascending order.
        values: tensor of any shape.
        side: before ("left") or behind ("right") equal elements.

    Raises:
        ValueError: another side, or a sequence that is not a vector.

    >>> import pronghorn as keras
    >>> keras.ops.searchsorted([1.0, 2.0, 3.0], [0.5, 2.0]).numpy().tolist()
    [0, 1]
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right'. Received: side={side!r}")
    sequence, values = operands(sorted_sequence, values)
    if sequence.ndim != 1:
        raise ValueError(
            f"searchsorted: the sequence must be a vector. Received: shape {sequence.shape}"
        )
    compare = less if side == "left" else less_equal
    return sum(cast(compare(sequence, expand_dims(values, -1)), "int32"), -1)


@symbolic
def digitize(x: Any, bins: Any) -> Any:
    """How many of the ascending bins begin at or below each element, int32."""
    return searchsorted(bins, x, side="right")


@symbolic
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Is each element of x1 among those of x2?

    Args:
        x1: tensor.
        x2: the elements to look among.
        assume_unique: accepted for Keras's sake.
        invert: is it not among them?
    """
    x1, x2 = operands(x1, x2)
    found = any(equal(expand_dims(x1, -1), ravel(x2)), -1)
    return logical_not(found) if invert else found


@symbolic
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Is the predicted score of each target among the k largest of its row?

    Args:
        targets: class numbers (n,).
        predictions: scores (n, classes).
        k: number; scores equal to the k-th are all among the largest.

    >>> import pronghorn as keras
    >>> keras.ops.in_top_k([1, 0], [[0.1, 0.3, 0.6], [0.1, 0.3, 0.6]], 2).numpy().tolist()
    [True, False]
    """
    (predictions,) = operands(predictions, to_float=True)
    index = cast(targets, "int32")
    known = logical_and(index >= 0, index < predictions.shape[-1])
    safe = where(known, index, 0)
    score = take_along_axis(predictions, expand_dims(safe, -1), -1)
    above = sum(cast(greater(predictions, score), "int32"), -1)
    return logical_and(logical_and(less(above, k), known), isfinite(reshape(score, index.shape)))


@symbolic
def unravel_index(indices: Any, shape: Sequence[int]) -> Any:
    """The index on each axis of a shape, for flat indices; a tuple of tensors."""
    (rest,) = operands(indices)
    total = math.prod(shape)
    rest = where(rest < 0, rest + total, rest)
    found = []
    for length in reversed(shape):
        found.append(mod(rest, length))
        rest = floor_divide(rest, length)
    return tuple(reversed(found))


def nonzero(x: Any) -> Any:
    """The indices of the elements that are not 0: a tuple of int32 vectors, one for each axis.

    Their length depends on the values, so only tensors that have values can be asked.
    """
    found = np.nonzero(convert_to_numpy(x))
    return tuple(convert_to_tensor(index.astype("int32")) for index in found)


@symbolic
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Are all elements close, as `isclose` means it?"""
    from pronghorn.ops._elementwise import isclose

    return all(isclose(x1, x2, rtol, atol, equal_nan))


# -- counting -----------------------------------------------------------------------------------


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often 0, 1, 2, ... occur in a vector, or in each row of a matrix.

    Their number is that of the largest element plus one, so that only a tensor with values can be
    counted; in a model use `sum(one_hot(x, n), axis=0)`.

    Args:
        x: ints (n,) or (rows, n), not negative.
        weights: what each counts, of the shape of `x`; 1 by default.
        minlength: count up to this minus one at least.
        sparse: must be False.

    >>> import pronghorn as keras
    >>> keras.ops.bincount([1, 1, 3]).numpy().tolist()
    [0, 2, 0, 1]
    """
    _only_dense("bincount", sparse)
    values = convert_to_numpy(x)
    length = int(np.max(values, initial=-1)) + 1
    hits = one_hot(x, length if length > minlength else minlength, dtype="int32")
    if weights is not None:
        hits = hits * expand_dims(convert_to_tensor(weights), -1)
    return sum(hits, -2)


@symbolic
def histogram(x: Any, bins: int = 10, range: Any = None) -> Any:
    """How many elements lie in each of equally wide bins, int32, and the edges of the bins.

    Args:
        x: tensor, taken as one list.
        bins: how many bins; each holds its lower edge, the last one its upper as well.
        range: (lowest, highest) edge; those of the elements by default.

    Raises:
        ValueError: `bins` is not a positive int, or the range is empty.
    """
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"histogram: bins must be a positive int. Received: bins={bins}")
    if range is not None and not range[0] <= range[1]:
        raise ValueError(f"histogram: range must be ascending. Received: range={range}")
    (x,) = operands(x, to_float=True)
    x = ravel(x)
    low, high = (min(x), max(x)) if range is None else operands(*range, x)[:2]
    single = equal(low, high)
    low, high = where(single, low - 0.5, low), where(single, high + 0.5, high)
    edges = linspace(low, high, bins + 1)
    at = sum(cast(greater_equal(expand_dims(x, -1), edges[1:-1]), "int32"), -1)
    inside = logical_and(greater_equal(x, low), less_equal(x, high))
    hits = one_hot(at, bins, dtype="int32") * expand_dims(cast(inside, "int32"), -1)
    return sum(hits, 0), edges


# -- putting values at indices ------------------------------------------------------------------


def _flat_places(indices: Any, shape: Sequence[int]) -> tuple[Any, list[int], int]:
    """Rows of indices as numbers of slices; the shape of the indexed axes; the size of a slice."""
    index = cast(convert_to_tensor(indices), "int32")
    depth = index.shape[-1]
    if None in shape:
        raise ValueError(f"scatter: the shape must be known. Received: shape={tuple(shape)}")
    lead = [int(d) for d in shape[:depth]]
    strides = np.cumprod([1, *lead[:0:-1]])[::-1].astype("int32")
    lengths = np.asarray(lead, "int32")
    index = where(index < 0, index + lengths, index)
    places = reshape(sum(index * strides, -1), (-1,))
    return places, lead, math.prod(shape[depth:])


@symbolic
def scatter(indices: Any, values: Any, shape: Sequence[int]) -> Any:
    """Zeros of a shape, with values added at indices.

    Args:
        indices: ints (n, d), d up to the rank of the shape.
        values: (n, *shape[d:]).
        shape: of the result.

    >>> import pronghorn as keras
    >>> keras.ops.scatter([[0], [2]], [5.0, 7.0], (3,)).numpy().tolist()
    [5.0, 0.0, 7.0]
    """
    (values,) = operands(values)
    places, lead, inner = _flat_places(indices, shape)
    rows = reshape(values, (-1, inner))
    flat = apply("scatter_add", [rows, places], shape=[math.prod(lead), inner], axes=[0])
    return reshape(flat, shape)


@symbolic
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """inputs with other values at indices; of several for one place the last one counts.

    Args:
        inputs: tensor.
        indices: ints (n, d), d up to the rank of `inputs`.
        updates: (n, *inputs.shape[d:]).
        reduction: None puts the values there, "add" adds them to what is there.

    Raises:
        ValueError: another reduction.

    >>> import pronghorn as keras
    >>> keras.ops.scatter_update([1.0, 2.0, 3.0], [[1]], [9.0]).numpy().tolist()
    [1.0, 9.0, 3.0]
    """
    if reduction not in (None, "add"):
        raise ValueError(
            f"scatter_update: reduction must be None or 'add'. Received: reduction={reduction!r}"
        )
    (inputs,) = operands(inputs)
    updates = cast(updates, inputs.dtype)
    if reduction == "add":
        return inputs + scatter(indices, updates, inputs.shape)
    places, lead, inner = _flat_places(indices, inputs.shape)
    count = known_size("scatter_update", updates, 0)
    # Of equal places all but the last go: place j comes after place i in this triangle.
    after = np.triu(np.ones((count, count), dtype=bool), 1)
    again = any(logical_and(equal(expand_dims(places, 1), places), after), 1)
    kept = expand_dims(logical_not(again), 1)
    rows = where(kept, reshape(updates, (count, inner)), cast(0, inputs.dtype))
    flat = apply("scatter_add", [rows, places], shape=[math.prod(lead), inner], axes=[0])
    number = inputs.dtype if is_float(inputs.dtype) else floatx()
    ones = cast(zeros_like(rows), number) + 1
    hits = apply("scatter_add", [ones, places], shape=[math.prod(lead), inner], axes=[0])
    return where(reshape(hits, inputs.shape) > 0, reshape(flat, inputs.shape), inputs)


@symbolic
def slice_update(inputs: Any, start_indices: Sequence[int], updates: Any) -> Any:
    """inputs with the box that starts at the given indices replaced by `updates`."""
    (inputs,) = operands(inputs)
    updates = cast(updates, inputs.dtype)
    lengths = [known_size("slice_update", inputs, a) for a in range(inputs.ndim)]
    around = [
        (int(begin), length - int(begin) - size)
        for begin, length, size in zip(start_indices, lengths, updates.shape, strict=True)
    ]
    box = tuple(np.s_[b : n - a] for (b, a), n in zip(around, lengths, strict=True))
    replaced = np.zeros(lengths, dtype=bool)
    replaced[box] = True
    return where(replaced, pad(updates, around), inputs)


# -- segments -----------------------------------------------------------------------------------


def _segment_count(segment_ids: Any, num_segments: int | None) -> int:
    if num_segments is not None:
        return int(num_segments)
    return int(np.max(convert_to_numpy(segment_ids), initial=-1)) + 1


@symbolic
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The sums of the slices with the same number.

    Args:
        data: (n, ...).
        segment_ids: the number of each slice (n,); slices of negative ones count nowhere.
        num_segments: how many numbers there are; by default the largest plus one, which must have
            a value then.
        sorted: accepted for Keras's sake.

    >>> import pronghorn as keras
    >>> keras.ops.segment_sum([1.0, 2.0, 4.0], [0, 0, 1]).numpy().tolist()
    [3.0, 4.0]
    """
    count = _segment_count(segment_ids, num_segments)
    (data,) = operands(data)
    ids = cast(segment_ids, "int32")
    outside = logical_not(logical_and(ids >= 0, ids < count))
    bucket = reshape(where(outside, count, ids), (-1,))  # one more, which is thrown away
    total = apply("scatter_add", [data, bucket], shape=[count + 1, *data.shape[1:]], axes=[0])
    return total[:count]


def _by_segment(
    reduction: Callable[..., Any], data: Any, segment_ids: Any, num_segments: Any, neutral: Any
) -> Any:
    """A reduction of each segment, the others replaced by what does not change it."""
    count = _segment_count(segment_ids, num_segments)
    ids = cast(segment_ids, "int32")
    mine = equal(reshape(ids, (1, -1)), np.arange(count, dtype="int32")[:, None])
    mine = reshape(mine, (count, -1, *[1] * (data.ndim - 1)))
    return reduction(where(mine, expand_dims(data, 0), cast(neutral, data.dtype)), 1)


def _limit(dtype: str, largest: bool) -> float:
    if is_float(dtype):
        return math.inf if largest else -math.inf
    limits = np.iinfo(dtype)
    return limits.max if largest else limits.min


@symbolic
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The products of the slices with the same number; arguments as of `segment_sum`."""
    (data,) = operands(data)
    return _by_segment(prod, data, segment_ids, num_segments, 1)


@symbolic
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The largest of the slices with the same number; arguments as of `segment_sum`."""
    (data,) = operands(data)
    return _by_segment(max, data, segment_ids, num_segments, _limit(data.dtype, largest=False))


@symbolic
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The smallest of the slices with the same number; arguments as of `segment_sum`."""
    (data,) = operands(data)
    return _by_segment(min, data, segment_ids, num_segments, _limit(data.dtype, largest=True))
