# SPDX-License-Identifier: Apache-2.0
"""Random graphs of ops, with variables assigned on the way, against NumPy in float64."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import _core

UNARY = {
    "negative": np.negative,
    "square": np.square,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sin": np.sin,
}
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
SIZES = (1, 2, 5, 16, 17, 30)
# Values beyond this have lost so many digits on the way that nothing can be said of them.
LARGEST = 1e6
GRAPHS = 150


class RandomGraph:
    """Nodes of the engine beside their values by NumPy."""

    def __init__(
        self,
        seed: int,
        dtype: str,
        rows: tuple[int, ...] = (1, 2, 7, 8, 16, 17, 33),
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        self.choose = random.Random(seed)
        self.draw = np.random.default_rng(seed)
        self.dtype, self.sizes = dtype, sizes
        self.graph = _core.Graph()
        self.nodes: list[int] = []
        self.values: list[np.ndarray] = []
        self.feeds: list[np.ndarray] = []
        self.variables: list[tuple[_core.Variable, int]] = []  # with the node last assigned
        count = self.choose.choice(rows)
        for shape in [(count, self.size()), (count, 1), (self.size(),), (), (count, 3, 4)]:
            self.feeds.append(self.array(shape))
            self.add(self.graph.input(shape, dtype), self.feeds[-1])
        for shape in [(self.size(), self.size()), (5,), ()]:
            value = self.array(shape)
            variable = _core.Variable(value, dtype)
            self.add(self.graph.read(variable), value)
            self.variables.append((variable, len(self.nodes) - 1))

    def size(self) -> int:
        return self.choose.choice(self.sizes)

    def array(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.draw.normal(size=shape).astype(self.dtype)

    def add(self, node: int, value: np.ndarray) -> None:
        self.nodes.append(node)
        self.values.append(np.asarray(value, "float64"))

    def op(self, name: str, inputs: list[int], value: np.ndarray, **attributes: object) -> None:
        self.add(self.graph.add(name, [self.nodes[i] for i in inputs], attributes), value)

    def grow(self) -> None:
        """One more op on operands that fit it; none if the draw does not fit."""
        i, j = (self.choose.randrange(len(self.nodes)) for _ in range(2))
        x, y = self.values[i], self.values[j]
        kind = self.choose.choice(
            ["unary", "binary", "binary", "matmul", "reduce", "shape", "assign"]
        )
        if kind == "unary":
            name = self.choose.choice(list(UNARY))
            self.op(name, [i], UNARY[name](x))
        elif kind == "binary" and _broadcasts(x, y):
            name = self.choose.choice(list(BINARY))
            self.op(name, [i, j], BINARY[name](x, y))
        elif kind == "matmul" and x.ndim == y.ndim == 2 and x.shape[1] == y.shape[0]:
            self.op("matmul", [i, j], x @ y)
        elif kind == "matmul" and x.ndim == y.ndim == 2 and x.shape[0] == y.shape[0]:
            self.op("transpose", [i], x.T)
            self.op("matmul", [len(self.nodes) - 1, j], x.T @ y)
        elif kind == "reduce" and x.ndim:
            axes = self.choose.sample(range(x.ndim), self.choose.randint(1, x.ndim))
            keep, name = self.choose.random() < 0.5, self.choose.choice(["sum", "max", "min"])
            value = getattr(np, name)(x, axis=tuple(axes), keepdims=keep)
            self.op(name, [i], value, axes=axes, keepdims=keep)
        elif kind == "shape" and x.ndim == 2:
            self.reshape_or_join(i, x)
        elif kind == "assign":
            self.assign(i)

    def reshape_or_join(self, i: int, x: np.ndarray) -> None:
        kind = self.choose.choice(["transpose", "reshape", "concatenate", "softmax"])
        if kind == "transpose":
            self.op("transpose", [i], x.T)
        elif kind == "reshape":
            shape = self.choose.choice([(-1,), (1, -1), (-1, 1), (x.shape[0], -1, 1)])
            self.op("reshape", [i], x.reshape(shape), shape=list(shape))
        elif kind == "concatenate":
            self.op("concatenate", [i, i], np.concatenate([x, x], 1), axes=[1])
        else:
            e = np.exp(x - x.max(1, keepdims=True))
            self.op("softmax", [i], e / e.sum(1, keepdims=True))

    def assign(self, i: int) -> None:
        for place, (variable, current) in enumerate(self.variables):
            if self.values[current].shape == self.values[i].shape:
                self.graph.assign(variable, self.nodes[i])
                self.variables[place] = (variable, i)
                self.add(self.graph.read(variable), self.values[i])
                return

    def check(self) -> None:
        """Runs the graph for some of its nodes, and compares them and all variables."""
        wanted = self.choose.sample(range(len(self.nodes)), self.choose.randint(0, 6))
        program = _core.Program(self.graph, [self.nodes[i] for i in wanted])
        results = list(zip(wanted, program.run(self.feeds), strict=True))
        results += [(i, variable.numpy()) for variable, i in self.variables]
        tolerance = 1e-3 if self.dtype == "float32" else 1e-9
        for i, got in results:
            expected = self.values[i]
            size = np.abs(expected).max(initial=0)
            if np.isfinite(size) and size < LARGEST:
                np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * (1 + size))

    def results(self, threads_built: int, threads: int) -> tuple[str, list[np.ndarray]]:
        """The program, and what the variables and its last nodes are after each of three runs."""
        with _threads(threads_built):
            program = _core.Program(self.graph, self.nodes[-5:])
        first = [variable.numpy() for variable, _ in self.variables]
        found = []
        with _threads(threads):
            for _ in range(3):
                found += program.run(self.feeds)
                found += [variable.numpy() for variable, _ in self.variables]
        for (variable, _), value in zip(self.variables, first, strict=True):
            variable.assign(value)
        return program.describe(), found


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many, also on a machine with fewer processors."""
    keras.config.set_num_threads(count)
    try:
        assert keras.config.num_threads() == count
        yield
    finally:
        keras.config.set_num_threads(None)


def _broadcasts(x: np.ndarray, y: np.ndarray) -> bool:
    try:
        return np.prod(np.broadcast_shapes(x.shape, y.shape)) < 20_000
    except ValueError:
        return False


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_graphs_equal_numpy(dtype: str) -> None:
    with np.errstate(all="ignore"):
        for seed in range(GRAPHS):
            graph = RandomGraph(seed, dtype)
            for _ in range(graph.choose.randint(3, 30)):
                graph.grow()
            graph.check()


def test_bits_of_large_random_graphs_do_not_depend_on_threads() -> None:
    panelwise = 0
    with np.errstate(all="ignore"):
        for seed in range(40):
            graph = RandomGraph(seed, "float32", (32, 64, 100, 128), (64, 70))
            for _ in range(40):
                graph.grow()
            _, expected = graph.results(1, 1)
            for built in (2, 3, 4):
                program, found = graph.results(built, built)
                panelwise += "panel by panel" in program
                _, elsewhere = graph.results(built, 5 - built)
                for a, b, c in zip(expected, found, elsewhere, strict=True):
                    np.testing.assert_array_equal(a, b)
                    np.testing.assert_array_equal(a, c)
    assert panelwise > 10


def test_a_product_of_a_batch_with_itself_waits_for_all_of_it() -> None:
    """Each panel of it needs the same panel of one operand, and all of the other, the same."""
    draw = np.random.default_rng(0)
    x, w = (draw.normal(size=(64, 64)).astype("float32") / 8 for _ in range(2))
    graph = _core.Graph()
    weight = graph.read(_core.Variable(w, "float32"))
    y = graph.input(x.shape, "float32")
    for _ in range(4):
        y = graph.add("tanh", [graph.add("matmul", [y, weight], {})], {})
    y = graph.add("matmul", [y, y], {})
    with _threads(4):
        program = _core.Program(graph, [y])
        assert "panel by panel" in program.describe()
        results = [program.run([x])[0] for _ in range(200)]
    for _ in range(4):
        x = np.tanh(x.astype("float64") @ w)
    np.testing.assert_allclose(results[0], x @ x, atol=1e-4)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
