# SPDX-License-Identifier: Apache-2.0
"""Where elements are, and how many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

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
    minimum,
    mod,
    where,
)
from pronghorn.ops._making import linspace
from pronghorn.ops._reductions import all, max, min, sum
from pronghorn.ops._scattering import segment_sum
from pronghorn.ops._sorting import sort
from pronghorn.ops.core import apply, cast, known_size, operands, symbolic
from pronghorn.ops.shape import (
    _only_dense,
    expand_dims,
    ravel,
    reshape,
    take,
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
    return apply("lower_bound" if side == "left" else "upper_bound", [sequence, values])


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
    among = sort(x2, axis=None)
    if known_size("isin", among, 0) == 0:
        found = zeros_like(x1, dtype="bool")
    else:
        place = minimum(searchsorted(among, x1), among.shape[0] - 1)
        found = equal(take(among, place), x1)
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
    length = length if length > minlength else minlength
    rows = math.prod(values.shape[:-1])
    places = np.arange(rows)[:, None] * length + values.reshape(rows, values.shape[-1])
    counts = np.ones(places.size, "int32") if weights is None else ravel(weights)
    hits = segment_sum(counts, places.ravel(), rows * length)
    return reshape(hits, (*values.shape[:-1], length))


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
    inside = logical_and(greater_equal(x, low), less_equal(x, high))
    hits = segment_sum(cast(inside, "int32"), searchsorted(edges[1:-1], x, side="right"), bins)
    return hits, edges
