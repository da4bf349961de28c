# SPDX-License-Identifier: Apache-2.0
"""Order: sorting, and what is read off a sorted tensor. NaN counts as larger than anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pronghorn.backend.tensor import convert_to_tensor
from pronghorn.backend.trace import current_trace
from pronghorn.ops._elementwise import (
    ceil,
    floor,
    isnan,
    logical_not,
    maximum,
    minimum,
    not_equal,
    round,
    where,
)
from pronghorn.ops._rearranging import flip, moveaxis
from pronghorn.ops._reductions import any, sum
from pronghorn.ops._running_totals import cumsum
from pronghorn.ops._scattering import scatter_update, segment_min, segment_sum
from pronghorn.ops.core import apply, cast, checked_axes, known_size, operands, symbolic
from pronghorn.ops.shape import (
    arange,
    concatenate,
    expand_dims,
    ones_like,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    take,
    take_along_axis,
    transpose,
)

# -- sorting ------------------------------------------------------------------------------------


@symbolic
def argsort(x: Any, axis: int | None = -1) -> Any:
    """The indices that sort along an axis, int32; equal elements keep their order.

    Args:
        x: tensor.
        axis: the axis; None sorts all elements as one vector.

    >>> import pronghorn as keras
    >>> keras.ops.argsort([3.0, 1.0, 2.0]).numpy().tolist()
    [1, 2, 0]
    """
    (x,) = operands(x)
    if axis is None:
        x, axis = ravel(x), 0
    (axis,) = checked_axes(axis, x.ndim)
    return swapaxes(apply("argsort", [swapaxes(x, axis, -1)]), axis, -1)


@symbolic
def sort(x: Any, axis: int | None = -1) -> Any:
    """In ascending order along an axis; arguments as of `argsort`."""
    (x,) = operands(x)
    if axis is None:
        x, axis = ravel(x), 0
    return take_along_axis(x, argsort(x, axis), axis)


@symbolic
def argpartition(x: Any, kth: int | Sequence[int], axis: int | None = -1) -> Any:
    """Indices along an axis that put the k-th element in its place, smaller ones before it.

    They are those of `argsort`, which do so for every k.

    Raises:
        ValueError: there is no k-th element.
    """
    (x,) = operands(x)
    size = known_size("argpartition", ravel(x) if axis is None else x, -1 if axis is None else axis)
    for k in [kth] if isinstance(kth, int) else kth:
        if not -size <= k < size:
            raise ValueError(f"argpartition: kth must be in [-{size}, {size}). Received: kth={kth}")
    return argsort(x, axis)


@symbolic
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """The k largest elements along the last axis, the largest first, and their indices.

    Args:
        x: tensor.
        k: how many; of equal ones those with the smaller indices.
        sorted: accepted for Keras's sake; they are.

    Raises:
        ValueError: there are not k elements.

    >>> import pronghorn as keras
    >>> values, indices = keras.ops.top_k([5.0, 9.0, 7.0], 2)
    >>> values.numpy().tolist(), indices.numpy().tolist()
    ([9.0, 7.0], [1, 2])
    """
    (x,) = operands(x)
    size = known_size("top_k", x, -1)
    if not 0 <= k <= size:
        raise ValueError(f"top_k: k must be an int in [0, {size}]. Received: k={k}")
    ascending = argsort(flip(x, -1))  # reversed twice, so that equal elements keep their order
    indices = (size - 1 - flip(ascending, -1))[..., :k]
    return take_along_axis(x, indices, -1), indices


# -- quantiles ----------------------------------------------------------------------------------

_BETWEEN = {
    "linear": lambda below, above, share: below + (above - below) * share,
    "lower": lambda below, above, share: below,
    "higher": lambda below, above, share: above,
    "midpoint": lambda below, above, share: (below + above) / 2,
    "nearest": lambda below, above, share: below,
}


def _quantile(
    name: str,
    x: Any,
    q: Any,
    axis: Any,
    method: str,
    keepdims: bool,
    of_numbers: bool = False,
    whole: int = 1,
) -> Any:
    """`of_numbers`: NaN is left out; `whole`: the q of the largest element."""
    if method not in _BETWEEN:
        raise ValueError(
            f"{name}: method must be one of {', '.join(map(repr, _BETWEEN))}. "
            f"Received: method={method!r}"
        )
    (x,) = operands(x, to_float=True)
    q = convert_to_tensor(q, x.dtype)
    if q.ndim > 1:
        raise ValueError(f"{name}: q must be a number or a vector. Received: shape {q.shape}")
    axes = checked_axes(axis, x.ndim)
    kept = [a for a in range(x.ndim) if a not in axes]
    size = math.prod(known_size(name, x, a) for a in axes)
    ordered = sort(reshape(transpose(x, kept + axes), [*(x.shape[a] for a in kept), size]))
    numbers: Any = size
    if of_numbers:
        numbers = maximum(sum(cast(logical_not(isnan(ordered)), x.dtype), -1, keepdims=True), 1)
    at = reshape(q, [1] * len(kept) + [-1]) / whole * (numbers - 1)
    at = minimum(maximum(at, 0), numbers - 1)
    below = round(at) if method == "nearest" else floor(at)
    lower = take_along_axis(ordered, cast(below, "int32"), -1)
    upper = take_along_axis(ordered, cast(ceil(at), "int32"), -1)
    # Where both are the same element, nothing is subtracted from it: it may be infinite.
    values = where(below == at, lower, _BETWEEN[method](lower, upper, at - below))
    if not of_numbers:
        values = where(isnan(ordered[..., -1:]), math.nan, values)
    values = moveaxis(values, -1, 0)
    if keepdims:
        values = reshape(values, [-1, *(1 if a in axes else d for a, d in enumerate(x.shape))])
    return squeeze(values, 0) if q.ndim == 0 else values


@symbolic
def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The values below which the shares q of the elements lie, along axes.

    Args:
        x: tensor; where there is a NaN among the elements, the result is NaN.
        q: share or vector of shares in [0, 1]; a vector becomes the first axis of the result.
        axis: axis or axes, all by default.
        method: what lies between two elements: "linear" interpolation, the "lower", the "higher",
            the "nearest" of them or their "midpoint".
        keepdims: keep the reduced axes with size 1.

    Raises:
        ValueError: another method, or a `q` of higher rank.

    >>> import pronghorn as keras
    >>> keras.ops.quantile([1.0, 2.0, 3.0, 4.0], [0.0, 0.5]).numpy().tolist()
    [1.0, 2.5]
    """
    return _quantile("quantile", x, q, axis, method, keepdims)


@symbolic
def nanquantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """`quantile` of the elements that are not NaN."""
    return _quantile("nanquantile", x, q, axis, method, keepdims, of_numbers=True)


@symbolic
def percentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """`quantile` of shares in percent."""
    return _quantile("percentile", x, q, axis, method, keepdims, whole=100)


@symbolic
def nanpercentile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """`nanquantile` of shares in percent."""
    return _quantile("nanpercentile", x, q, axis, method, keepdims, of_numbers=True, whole=100)


@symbolic
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle element, or the mean of the two in the middle, along axes."""
    return _quantile("median", x, 0.5, axis, "linear", keepdims)


@symbolic
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`median` of the elements that are not NaN."""
    return _quantile("nanmedian", x, 0.5, axis, "linear", keepdims, of_numbers=True)


# -- unique elements ----------------------------------------------------------------------------


@symbolic
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Every element once, in ascending order; every NaN is one of its own.

    Args:
        x: tensor.
        sorted: accepted for Keras's sake; they are.
        return_index: return as well where each stands first.
        return_inverse: return as well the number of each element of `x` among the unique ones.
        return_counts: return as well how often each occurs.
        axis: the slices along it are the elements; by default all elements, flattened.
        size: how many to return, which makes the shape of the result known, as a model must:
            the first ones; if there are fewer, `fill_value` fills up.
        fill_value: 0 by default.

    Returns:
        The elements, or a tuple of them and of what else is asked for, in that order, int32.

    Raises:
        ValueError: `size` is missing where the elements have no values.

    >>> import pronghorn as keras
    >>> values, counts = keras.ops.unique([3, 1, 3], return_counts=True)
    >>> values.numpy().tolist(), counts.numpy().tolist()
    ([1, 3], [1, 2])
    """
    (x,) = operands(x)
    elements = reshape(x, (-1,)) if axis is None else moveaxis(x, axis, 0)
    rows = reshape(elements, (elements.shape[0], math.prod(elements.shape[1:])))
    order = arange(known_size("unique", rows, 0), dtype="int32")
    for column in reversed(range(rows.shape[1])):  # the sort is stable: the first column decides
        order = take(order, argsort(take(rows[:, column], order)))
    ordered = take(rows, order, axis=0)
    first = ones_like(order[:1], dtype="bool")
    is_new = concatenate([first, any(not_equal(ordered[1:], ordered[:-1]), -1)])
    number = cumsum(cast(is_new, "int32")) - 1
    if size is None:
        if current_trace() is not None:
            raise ValueError(
                "unique: how many elements there are depends on values, of which there are none "
                "yet. Give `size`."
            )
        size = int(sum(cast(is_new, "int32")))
    count = segment_sum(ones_like(order), number, size)
    # Places beyond the last one repeat the first, which has a value.
    index = where(count > 0, segment_min(order, number, size), order[0] if order.shape[0] else 0)
    is_there = reshape(count > 0, (-1, *[1] * (elements.ndim - 1)))
    filler = 0 if fill_value is None else fill_value
    values = where(is_there, take(elements, index, axis=0), cast(filler, x.dtype))
    inverse = scatter_update(number, expand_dims(order, -1), minimum(number, size - 1))
    parts = [values if axis is None else moveaxis(values, 0, axis)]
    parts += [index] if return_index else []
    parts += [reshape(inverse, x.shape) if axis is None else inverse] if return_inverse else []
    parts += [count] if return_counts else []
    return parts[0] if len(parts) == 1 else tuple(parts)
