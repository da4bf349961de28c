# SPDX-License-Identifier: Apache-2.0
"""Making, reshaping, joining, cutting and picking tensors; matmul."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import floatx, is_float, standardize_dtype
from pronghorn.backend.tensor import Operators, convert_to_tensor
from pronghorn.ops.core import apply, cast, checked_axes, dims, known_size, operands, symbolic


def shape(x: Any) -> tuple[Any, ...]:
    """The shape as a tuple; None for a dimension that is not known yet."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(shape(x))


def size(x: Any) -> int:
    """The number of elements."""
    return math.prod(shape(x))


def _only_dense(name: str, sparse: Any) -> None:
    """An error for sparse=True."""
    if sparse:
        raise ValueError(f"{name}: all tensors are dense. Received: sparse={sparse}")


def dtype(x: Any) -> str:
    """The name of the element type."""
    return convert_to_tensor(x).dtype


@symbolic
def reshape(x: Any, newshape: Any) -> Any:
    """The same elements in row-major order under another shape; one dim may be -1."""
    (x,) = operands(x)
    target = [newshape] if isinstance(newshape, int | np.integer) else list(newshape)
    return apply("reshape", [x], shape=dims(target))


@symbolic
def ravel(x: Any) -> Any:
    """All elements as a vector."""
    return reshape(x, (-1,))


@symbolic
def expand_dims(x: Any, axis: int) -> Any:
    """A new axis of size 1."""
    (x,) = operands(x)
    (axis,) = checked_axes(axis, x.ndim + 1)
    return reshape(x, [*x.shape[:axis], 1, *x.shape[axis:]])


@symbolic
def squeeze(x: Any, axis: Any = None) -> Any:
    """Without axes of size 1: all of them, or those given."""
    (x,) = operands(x)
    if axis is None:
        return reshape(x, [d for d in x.shape if d != 1])
    axes = checked_axes(axis, x.ndim)
    for a in axes:
        if x.shape[a] not in (1, None):
            raise ValueError(f"squeeze: axis {a} of a tensor of shape {x.shape} is not of size 1")
    return reshape(x, [d for a, d in enumerate(x.shape) if a not in axes])


@symbolic
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Axes in reverse order, or in the given one."""
    (x,) = operands(x)
    order = list(reversed(range(x.ndim))) if axes is None else [int(a) for a in axes]
    if x.ndim < 2:
        return x
    if x.ndim == 2 and [a % 2 for a in order] == [1, 0]:
        return apply("transpose", [x])
    return apply("permute", [x], axes=order)


@symbolic
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """With two axes exchanged."""
    (x,) = operands(x)
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@symbolic
def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """x repeated to a shape, by NumPy's rule."""
    return apply("broadcast_to", operands(x), shape=dims(shape))


@symbolic
def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    """Tensors one after another along an existing axis."""
    return apply("concatenate", operands(*xs), axes=[axis])


@symbolic
def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Tensors of one shape one after another along a new axis."""
    return concatenate([expand_dims(part, axis) for part in x], axis)


def _slice(x: Any, begin: Sequence[int], size: Sequence[Any], step: Sequence[int]) -> Any:
    return apply("slice", [x], begin=list(begin), shape=dims(size), step=list(step))


@symbolic
def slice(inputs: Any, start_indices: Sequence[int], shape: Sequence[int]) -> Any:
    """The box of a shape that starts at the given indices."""
    (x,) = operands(inputs)
    return _slice(x, start_indices, shape, [1] * x.ndim)


@symbolic
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """A list of pieces along an axis: so many equal ones, or cut at the given indices."""
    (x,) = operands(x)
    (axis,) = checked_axes(axis, x.ndim)
    length = known_size("split", x, axis)
    if isinstance(indices_or_sections, int):
        if length % indices_or_sections:
            raise ValueError(
                f"split: an axis of size {length} cannot be cut into {indices_or_sections} equal "
                "pieces"
            )
        width = length // indices_or_sections
        cuts = list(range(width, length, width))
    else:
        cuts = [int(i) for i in indices_or_sections]
    pieces = []
    for begin, end in zip([0, *cuts], [*cuts, length], strict=True):
        start, box = [0] * x.ndim, list(x.shape)
        start[axis], box[axis] = begin, end - begin
        pieces.append(_slice(x, start, box, [1] * x.ndim))
    return pieces


@symbolic
def get_item(x: Any, key: Any) -> Any:
    """x[key] for ints, slices, None, Ellipsis and one array of ints on the first axis."""
    if not isinstance(x, Operators):
        return np.asarray(x)[key]
    keys = list(key) if isinstance(key, tuple) else [key]
    if (
        len(keys) == 1
        and not isinstance(keys[0], int | np.integer | type(None))
        and (isinstance(keys[0], Operators | np.ndarray | list))
    ):
        return take(x, keys[0], axis=0)
    return _basic_item(x, keys)


def _basic_item(x: Any, keys: list[Any]) -> Any:
    (x,) = operands(x)
    given = len([k for k in keys if k is not None and k is not Ellipsis])
    if given > x.ndim:
        raise IndexError(f"too many indices for a tensor of rank {x.ndim}. Received: {given}")
    filled: list[Any] = []
    for k in keys:
        filled += [np.s_[:]] * (x.ndim - given) if k is Ellipsis else [k]
    filled += [np.s_[:]] * (x.ndim - len([k for k in filled if k is not None]))
    begin: list[int] = []
    box: list[int | None] = []
    step: list[int] = []
    result: list[int | None] = []
    lengths = iter(x.shape)
    for k in filled:
        if k is None:
            result.append(1)
            continue
        length = next(lengths)
        if isinstance(k, int | np.integer):
            if length is not None and not -length <= k < length:
                raise IndexError(f"index {k} is out of range for an axis of size {length}")
            begin.append(int(k) % length if length is not None else int(k))
            box.append(1)
            step.append(1)
        elif k == np.s_[:]:
            begin.append(0)
            box.append(length)
            step.append(1)
            result.append(length)
        elif length is None:  # how many a slice keeps is not known either
            begin.append(0)
            box.append(None)
            step.append(k.step or 1)
            result.append(None)
        else:
            span = range(*k.indices(length))
            begin.append(span.start if len(span) else 0)
            box.append(len(span))
            step.append(span.step)
            result.append(len(span))
    return reshape(_slice(x, begin, box, step), result)


@symbolic
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Slices of x at integer indices along an axis (of all elements, flattened, for None)."""
    (x,) = operands(x)
    index = convert_to_tensor(indices)
    if index.dtype not in ("int32", "int64"):
        index = cast(index, "int32")
    return apply("take", [x if axis is not None else ravel(x), index], axes=[axis or 0])


@symbolic
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """For each position, the element of x at the index that stands there, along an axis.

    Args:
        x: tensor.
        indices: ints, negative ones counted from the end; of the rank of `x`, whose other axes
            they share or have size 1.
        axis: the axis; all elements, flattened, by default.
    """
    (x,) = operands(x)
    index = cast(convert_to_tensor(indices), "int32")
    if axis is None:
        return take(ravel(x), ravel(index), axis=0)
    (axis,) = checked_axes(axis, x.ndim)
    sizes = [1 if d is None else d for d in x.shape]  # unknown only while shapes are inferred
    index = apply("select", [index < 0, *operands(index + sizes[axis], index)])
    strides = np.cumprod([1, *reversed(sizes[1:])])[::-1]
    flat = index * int(strides[axis])
    for a, length in enumerate(sizes):
        if a != axis:
            along = [1] * x.ndim
            along[a] = length
            flat = flat + np.arange(length, dtype="int32").reshape(along) * int(strides[a])
    return take(ravel(x), flat, axis=0)


@symbolic
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """1 at the class number and 0 elsewhere, along a new axis.

    Raises:
        ValueError: `sparse` is true; all tensors are dense.
    """
    _only_dense("one_hot", sparse)
    (x,) = operands(x)
    (axis,) = checked_axes(axis, x.ndim + 1)
    classes = np.arange(num_classes, dtype=x.dtype).reshape([-1] + [1] * (x.ndim - axis))
    hit = apply("equal", operands(expand_dims(x, axis), classes))
    return cast(hit, standardize_dtype(dtype))


def zeros(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros."""
    return full(shape, 0.0, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """A tensor of ones."""
    return full(shape, 1.0, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor of one value."""
    return convert_to_tensor(np.full(shape, fill_value, standardize_dtype(dtype)))


@symbolic
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor of one value with the shape and dtype of x."""
    (x,) = operands(x)
    value = cast(convert_to_tensor(fill_value), dtype or x.dtype)
    return broadcast_to(value, x.shape)


@symbolic
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros with the shape and dtype of x."""
    return full_like(x, 0, dtype)


@symbolic
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones with the shape and dtype of x."""
    return full_like(x, 1, dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Numbers from start (0 if only one is given) up to, not including, stop, 1 or step apart."""
    if stop is None:
        start, stop = 0, start
    if stop is None:  # for NumPy, an empty range
        raise TypeError("arange: expected a number. Received: None")
    values = np.arange(start, stop, 1 if step is None else step)
    default = floatx() if values.dtype.kind == "f" else "int32"
    return convert_to_tensor(values.astype(standardize_dtype(dtype or default)))


@symbolic
def matmul(x1: Any, x2: Any) -> Any:
    """Matrix product, over leading axes as in NumPy."""
    a, b = operands(x1, x2)
    if not is_float(a.dtype):  # the engine multiplies floats; float64 is exact up to 2^53
        return cast(matmul(cast(a, "float64"), cast(b, "float64")), a.dtype)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(
            f"matmul: expected at least one axis. Received: shapes {a.shape}, {b.shape}"
        )
    if a.ndim == 1:
        product = matmul(expand_dims(a, 0), b)
        return (
            reshape(product, (*product.shape[:-2], product.shape[-1]))
            if b.ndim > 1
            else (reshape(product, ()))
        )
    if b.ndim == 1:
        product = matmul(a, expand_dims(b, 1))
        return reshape(product, product.shape[:-1])
    if a.ndim == 2 and b.ndim == 2:
        return apply("matmul", [a, b])
    if b.ndim == 2:  # a stack of rows against one matrix is one large product
        rows = reshape(a, (-1, a.shape[-1]))
        return reshape(apply("matmul", [rows, b]), (*a.shape[:-1], b.shape[-1]))
    return _batch_matmul(a, b)


def _broadcast(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    """The shape in which two meet; a size that is not known is taken for that of the other."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    known = [(q if p is None else p, p if q is None else q) for p, q in zip(a, b, strict=True)]
    if any(p != q and 1 not in (p, q) for p, q in known):
        raise ValueError(f"matmul: the leading axes do not broadcast. Received: {a} and {b}")
    pairs = zip(a, b, known, strict=True)
    return tuple(q if p == 1 else p if q == 1 else each[0] for p, q, each in pairs)


def _batch_matmul(a: Any, b: Any) -> Any:
    lead = _broadcast(a.shape[:-2], b.shape[:-2])

    def stacked(x: Any) -> Any:
        if all(d == 1 for d in x.shape[:-2]):
            return reshape(x, (1, *x.shape[-2:]))
        full_shape = (*lead, *x.shape[-2:])
        same = x if tuple(x.shape) == full_shape else broadcast_to(x, dims(full_shape))
        return reshape(same, (-1, *x.shape[-2:]))

    product = apply("batch_matmul", [stacked(a), stacked(b)])
    return reshape(product, (*lead, a.shape[-2], b.shape[-1]))
