# SPDX-License-Identifier: Apache-2.0
"""A model's computation for any number of rows.

The engine traces for a number of rows that is known. What does not depend on it, and how the rest
does, shows when the model is traced for several: sizes and numbers that are linear in the number of
rows are written as such, and a computation that depends on it in any other way is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves
from pronghorn.backend import Trace

# Two would do for a line; the third shows that it is one. Primes that no model has as a size.
_ROWS = (1009, 1013, 1019)


@dataclass(frozen=True)
class Size:
    """`per_row * rows + fixed`."""

    per_row: int
    fixed: int

    def __add__(self, other: int) -> Size:
        return Size(self.per_row, self.fixed + other)

    def __mul__(self, factor: int) -> Size:
        return Size(self.per_row * factor, self.fixed * factor)

    @property
    def is_fixed(self) -> bool:
        return self.per_row == 0


@dataclass(frozen=True)
class Progression:
    """An array that grows with the rows along one axis: `first + i * step` at place i of it."""

    axis: int
    first: np.ndarray
    step: np.ndarray


@dataclass(frozen=True)
class PerRow:
    """An array that is linear in the number of rows: `per_row * rows + fixed`."""

    per_row: np.ndarray
    fixed: np.ndarray


@dataclass(frozen=True)
class Computation:
    """One op, input, variable or constant.

    Attributes:
        op: its name in the op table of the engine.
        operands: numbers of computations before this one.
        variable: of a `variable`.
        value: of a `constant`: an array, `Progression` or `PerRow`.
        number: of an `input`.
        begin, step, axes, keepdims: attributes of the op.
    """

    op: str
    operands: tuple[int, ...]
    shape: tuple[Size, ...]
    dtype: str
    variable: Any = None
    value: Any = None
    number: int = 0
    begin: tuple[Size, ...] = ()
    step: tuple[int, ...] = ()
    axes: tuple[int, ...] = ()
    keepdims: bool = False


@dataclass(frozen=True)
class FreeBatch:
    """Computations, each after its operands; which are the outputs, and their structure."""

    computations: list[Computation]
    outputs: list[int]
    structure: Any


def with_free_batch(model: Any, inputs: Any) -> FreeBatch:
    """The predictions of a model as a list of computations.

    Args:
        model: built.
        inputs: structure of things with `shape` (None for the rows) and `dtype`.

    Raises:
        ValueError: it cannot be traced, or depends on the number of rows in a way that cannot be
            written down.
    """
    return _Merge([_Traced(model, inputs, rows) for rows in _ROWS], model.name).result()


class _Traced:
    """The trace for one number of rows."""

    def __init__(self, model: Any, inputs: Any, rows: int) -> None:
        with Trace() as trace:

            def fed(spec: Any) -> Any:
                if spec.dtype == "string":
                    raise ValueError(
                        f"Model {model.name!r} cannot be exported, because it takes strings: apply "
                        "the layers for strings to the data, and export the model behind them."
                    )
                dims = [rows if i == 0 and d is None else d for i, d in enumerate(spec.shape)]
                if None in dims:
                    raise ValueError(
                        f"Model {model.name!r} can be exported with any number of rows, but all "
                        f"other sizes must be known. Received: an input of shape {spec.shape}"
                    )
                return trace.input(dims, spec.dtype)

            fed_inputs = map_leaves(fed, inputs)
            self.inputs = {tensor.node: i for i, tensor in enumerate(flatten(fed_inputs))}
            try:
                self.structure = model(fed_inputs, training=False)
            except (RuntimeError, TypeError, ValueError) as error:
                raise ValueError(
                    f"Model {model.name!r} cannot be exported, because its formula cannot be "
                    f"traced: {error}"
                ) from error
            self.outputs = [trace.node(y) for y in flatten(self.structure)]
        self.graph = trace.graph

    def operands(self, node: int) -> list[int]:
        # The state of a random generator has no meaning elsewhere.
        return [] if self.graph.op(node) == "uniform" else self.graph.inputs(node)


class _Merge:
    """Walks through several traces of one model at once."""

    def __init__(self, traces: Sequence[_Traced], name: str) -> None:
        self._traces, self._name = traces, name
        self._known: dict[tuple[int, ...], int] = {}
        self._found: list[Computation] = []

    def result(self) -> FreeBatch:
        first = self._traces[0]
        outputs = list(zip(*(t.outputs for t in self._traces), strict=True))
        for nodes in self._in_order(outputs):
            self._known[nodes] = len(self._found)
            self._found.append(self._computation(nodes))
        return FreeBatch(self._found, [self._known[nodes] for nodes in outputs], first.structure)

    def _operands(self, nodes: tuple[int, ...]) -> list[tuple[int, ...]]:
        operands = [t.operands(n) for t, n in zip(self._traces, nodes, strict=True)]
        if len({len(found) for found in operands}) > 1:
            raise self._error("takes another course")
        return list(zip(*operands, strict=True))

    def _in_order(self, outputs: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """All that the outputs need, operands first: a trace numbers its nodes in such an order."""
        met: set[tuple[int, ...]] = set()
        stack = list(outputs)
        while stack:
            nodes = stack.pop()
            if nodes not in met:
                met.add(nodes)
                stack += self._operands(nodes)
        return sorted(met)

    def _computation(self, nodes: tuple[int, ...]) -> Computation:
        graphs = [t.graph for t in self._traces]
        places = list(zip(graphs, nodes, strict=True))
        ops = {graph.op(node) for graph, node in places}
        dtypes = {graph.dtype(node) for graph, node in places}
        if len(ops) > 1 or len(dtypes) > 1:
            raise self._error("takes another course")
        (op,), (dtype,) = ops, dtypes
        attributes = [graph.attributes(node) for graph, node in places]
        fixed = {(a["step"], a["axes"], a["keepdims"]) for a in attributes}
        if len(fixed) > 1:
            raise self._error("takes another course")
        ((step, axes, keepdims),) = fixed
        graph, node = places[0]
        shape = self._sizes([graph.shape(node) for graph, node in places])
        operands = tuple(self._known[each] for each in self._operands(nodes))
        begin = self._sizes([a["begin"] for a in attributes])
        variable = value = None
        number = 0
        if op == "variable":
            variable = graph.variable(node)
        elif op == "constant":
            values = [np.asarray(graph.constant_value(node), dtype) for graph, node in places]
            value = self._value(values, shape)
        elif op == "input":
            number = self._traces[0].inputs[node]
        return Computation(
            op, operands, shape, dtype, variable, value, number, begin, step, axes, keepdims
        )

    def _sizes(self, found: Sequence[Sequence[int]]) -> tuple[Size, ...]:
        if len({len(sizes) for sizes in found}) > 1:
            raise self._error("has another rank")
        return tuple(self._size(sizes) for sizes in zip(*found, strict=True))

    def _size(self, sizes: Sequence[int]) -> Size:
        per_row, remainder = divmod(sizes[1] - sizes[0], _ROWS[1] - _ROWS[0])
        size = Size(per_row, sizes[0] - per_row * _ROWS[0])
        expected = [size.per_row * rows + size.fixed for rows in _ROWS]
        if remainder or expected != list(sizes):
            raise self._error(f"has the sizes {tuple(sizes)} for {_ROWS} rows")
        return size

    def _value(self, values: Sequence[np.ndarray], shape: tuple[Size, ...]) -> Any:
        growing = [axis for axis, size in enumerate(shape) if not size.is_fixed]
        if not growing:
            return self._fixed_shape(values)
        axis, longest = growing[0], np.asarray(values[-1])
        first = longest.take([0], axis)
        step = longest.take([1], axis) - first
        along = [1] * longest.ndim
        along[axis] = -1
        for value in values:
            places = np.arange(value.shape[axis]).reshape(along).astype(value.dtype)
            if len(growing) > 1 or not np.array_equal(first + places * step, value):
                raise self._error("needs an array of numbers for each row")
        return Progression(axis, first, step)

    def _fixed_shape(self, values: Sequence[np.ndarray]) -> Any:
        a, b, c = values
        if np.array_equal(a, b, equal_nan=True) and np.array_equal(b, c, equal_nan=True):
            return a
        per_row = (b.astype("float64") - a) / (_ROWS[1] - _ROWS[0])
        fixed = a - per_row * _ROWS[0]
        if not np.allclose(per_row * _ROWS[2] + fixed, c, rtol=1e-6, atol=0):
            raise self._error("needs a number that is not linear in it")
        return PerRow(per_row.astype(a.dtype), fixed.astype(a.dtype))

    def _error(self, how: str) -> ValueError:
        return ValueError(
            f"Model {self._name!r} cannot be exported for any number of rows: its computation "
            f"depends on that number. A part of it {how}."
        )
