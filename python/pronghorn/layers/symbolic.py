# SPDX-License-Identifier: Apache-2.0
"""A call without data: what shapes and dtypes come out for given ones.

The engine follows dimensions that are not known (None) through all of its ops. Code that computes
with them, such as ``ops.zeros(ops.shape(x))`` or ``x.shape[0] * 2``, needs numbers: it is called
twice, with different ones, and what differs between the results is not known either. So is a layer
that works on arrays: it has to be given some.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.backend import KerasTensor, Trace
from pronghorn.backend.masks import mask_of, with_mask
from pronghorn.backend.trace import init_scope

# Stand for a dimension that is not known. Primes, so that no other size is a multiple by chance.
_SIZES = (83, 89)


def call_symbolically(
    function: Callable[..., Any],
    args: Any,
    kwargs: Any,
    name: str | None = None,
    on_arrays: bool = False,
) -> Any:
    """The results of a function as KerasTensors.

    Args:
        function: called in a trace, with a tensor for each KerasTensor (and its mask).
        args, kwargs: its arguments; KerasTensors may stand anywhere in nested lists and dicts.
        name: of the results.
        on_arrays: whether the function is for arrays (of zeros and empty strings), not for tensors.
    """
    if on_arrays:
        with init_scope():
            first, second = (_on_arrays(function, args, kwargs, name, size) for size in _SIZES)
    else:
        try:
            return _in_trace(function, args, kwargs, name, None)
        except TypeError:
            inputs = [leaf for leaf in flatten([args, kwargs]) if isinstance(leaf, KerasTensor)]
            if not any(None in x.shape for x in inputs):
                raise
        first, second = (_in_trace(function, args, kwargs, name, size) for size in _SIZES)
    pairs = zip(flatten(first), flatten(second), strict=True)
    return pack(first, [_common(a, b) for a, b in pairs])


def _on_arrays(
    function: Callable[..., Any], args: Any, kwargs: Any, name: str | None, size: int
) -> Any:
    def example(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return leaf
        dtype = "U1" if leaf.dtype == "string" else leaf.dtype
        return np.zeros([size if d is None else d for d in leaf.shape], dtype)

    args, kwargs = map_leaves(example, [list(args), dict(kwargs)])
    return map_leaves(
        lambda result: KerasTensor(result.shape, result.dtype, name), function(*args, **kwargs)
    )


def _in_trace(
    function: Callable[..., Any], args: Any, kwargs: Any, name: str | None, size: int | None
) -> Any:
    with Trace(abstract=size is None) as trace:

        def tensor(declared: KerasTensor) -> Any:
            if declared.dtype == "string":
                raise ValueError(
                    "only layers such as StringLookup and Hashing take strings. "
                    f"Received: {declared!r}"
                )
            shape = [size if d is None else d for d in declared.shape]
            return trace.input(shape, declared.dtype)

        def stand_in(leaf: Any) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            mask = mask_of(leaf)
            return with_mask(tensor(leaf), None if mask is None else tensor(mask))

        def declared(result: Any) -> KerasTensor:
            keras_tensor = KerasTensor(result.shape, result.dtype, name)
            if (mask := mask_of(result)) is not None:
                keras_tensor._keras_mask = KerasTensor(mask.shape, mask.dtype)
            return keras_tensor

        traced_args, traced_kwargs = map_leaves(stand_in, [list(args), dict(kwargs)])
        return map_leaves(declared, function(*traced_args, **traced_kwargs))


def _common(first: KerasTensor, second: KerasTensor) -> KerasTensor:
    """The first, without the dimensions in which the second differs."""
    shapes = zip(first.shape, second.shape, strict=True)
    first.shape = tuple(a if a == b else None for a, b in shapes)
    if first._keras_mask is not None and second._keras_mask is not None:
        _common(first._keras_mask, second._keras_mask)
    return first
