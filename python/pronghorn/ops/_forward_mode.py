# SPDX-License-Identifier: Apache-2.0
"""Directional derivatives, made of two gradients: that of v -> J^T v, which is linear, is J t."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pronghorn._structure import flatten, pack
from pronghorn.backend.tensor import Tensor, convert_to_tensor
from pronghorn.backend.trace import Trace, current_trace
from pronghorn.ops._elementwise import multiply
from pronghorn.ops._reductions import sum
from pronghorn.ops.shape import reshape


def jvp(
    fun: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """A function's values, and how they change when its arguments move along tangents.

    Args:
        fun: function of tensors, or of structures of them.
        primals: list or tuple with its arguments.
        tangents: their directions, in the same structure and shapes.
        has_aux: `fun` returns (values, anything else).

    Returns:
        (values, directional derivatives), and what else there is if `has_aux`.

    Raises:
        ValueError: the structures of primals and tangents differ.

    >>> import pronghorn as keras
    >>> values, changes = keras.ops.jvp(keras.ops.square, (3.0,), (2.0,))
    >>> float(values), float(changes)
    (9.0, 12.0)
    """
    points = [convert_to_tensor(p) for p in flatten(list(primals))]
    directions = [convert_to_tensor(t) for t in flatten(list(tangents))]
    if [p.shape for p in points] != [t.shape for t in directions]:
        raise ValueError(
            "jvp: primals and tangents must have the same shapes. "
            f"Received: {[p.shape for p in points]} and {[t.shape for t in directions]}"
        )
    trace = current_trace()
    if trace is not None:
        return _derived(trace, fun, list(primals), points, directions, has_aux)
    with Trace() as trace:
        inputs = [trace.input(p.shape, p.dtype) for p in (*points, *directions)]
        at = inputs[: len(points)]
        found = _derived(trace, fun, list(primals), at, inputs[len(points) :], has_aux)
        leaves = flatten(list(found))
        traced = [x for x in leaves if isinstance(x, Tensor) and x.trace is trace]
        values = iter(trace.compile(traced).run([p.numpy() for p in (*points, *directions)]))
        known = [
            Tensor(next(values), x.dtype) if isinstance(x, Tensor) and x.trace is trace else x
            for x in leaves
        ]
        return tuple(pack(list(found), known))


def _derived(
    trace: Trace,
    fun: Callable[..., Any],
    primals: list[Any],
    points: list[Any],
    directions: list[Any],
    has_aux: bool,
) -> tuple[Any, ...]:
    result = fun(*pack(primals, points))
    values, *others = result if has_aux else (result,)
    outputs = [convert_to_tensor(y) for y in flatten(values)]
    # Where v is does not matter, as the gradient is linear in it. It is the result of an op, and
    # different for each output, so that the graph takes it for no constant and for no other v.
    vs = [reshape(np.full((1, *y.shape), i, y.dtype), y.shape) for i, y in enumerate(outputs)]
    total = _dot(outputs, vs)
    pulled = trace.gradients(total, points)
    pairs = [(g, t) for g, t in zip(pulled, directions, strict=True) if g is not None]
    changes: list[Any] = [None] * len(vs)
    if pairs:
        changes = trace.gradients(_dot(*zip(*pairs, strict=True)), vs)
    filled = [multiply(y, 0) if c is None else c for y, c in zip(outputs, changes, strict=True)]
    return (pack(values, outputs), pack(values, filled), *others)


def _dot(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    products = [sum(multiply(x, y)) for x, y in zip(xs, ys, strict=True)]
    total = products[0]
    for product in products[1:]:
        total = total + product
    return total
