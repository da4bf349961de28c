# SPDX-License-Identifier: Apache-2.0
"""Putting values at indices, and joining those with the same index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.backend.tensor import convert_to_numpy, convert_to_tensor
from pronghorn.ops._elementwise import logical_and, logical_not, maximum, where
from pronghorn.ops._rearranging import pad
from pronghorn.ops._reductions import sum
from pronghorn.ops.core import apply, cast, known_size, operands, symbolic
from pronghorn.ops.shape import expand_dims, reshape, take

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
    if updates.shape[0] == 0:
        return inputs
    last = apply("last_pick", [places], shape=[math.prod(lead)])
    chosen = take(reshape(updates, (-1, inner)), maximum(last, 0), axis=0)
    kept = reshape(inputs, (-1, inner))
    return reshape(where(expand_dims(last >= 0, 1), chosen, kept), inputs.shape)


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


def _by_segment(op: str, data: Any, segment_ids: Any, num_segments: int | None) -> Any:
    count = _segment_count(segment_ids, num_segments)
    (data,) = operands(data)
    ids = cast(segment_ids, "int32")
    outside = logical_not(logical_and(ids >= 0, ids < count))
    bucket = reshape(where(outside, count, ids), (-1,))  # one more, which is thrown away
    return apply(op, [data, bucket], shape=[count + 1, *data.shape[1:]], axes=[0])[:count]


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
    return _by_segment("scatter_add", data, segment_ids, num_segments)


@symbolic
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The products of the slices with the same number; arguments as of `segment_sum`."""
    return _by_segment("scatter_prod", data, segment_ids, num_segments)


@symbolic
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The largest of the slices with the same number; arguments as of `segment_sum`."""
    return _by_segment("scatter_max", data, segment_ids, num_segments)


@symbolic
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The smallest of the slices with the same number; arguments as of `segment_sum`."""
    return _by_segment("scatter_min", data, segment_ids, num_segments)
