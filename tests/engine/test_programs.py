# SPDX-License-Identifier: Apache-2.0
"""Programs against NumPy in float64, for any shape; and bits across instruction sets."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pronghorn import _core

DIMS = st.integers(1, 40)
FLOATS = st.sampled_from(["float32", "float64"])
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}


def _random(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@settings(deadline=None, max_examples=60)
@given(m=DIMS, k=st.integers(1, 600), n=DIMS, dtype=FLOATS)
def test_dense_forward_and_backward_equal_numpy(m: int, k: int, n: int, dtype: str) -> None:
    x, w, b = _random((m, k), dtype, 1), _random((k, n), dtype, 2), _random((n,), dtype, 3)
    graph = _core.Graph()
    nodes = [graph.input(a.shape, dtype) for a in (x, w, b)]
    z = graph.add("add", [graph.add("matmul", nodes[:2], {}), nodes[2]], {})
    y = graph.add("tanh", [z], {})
    gradients = graph.gradients(graph.add("sum", [graph.add("square", [y], {})], {}), nodes)
    got = _core.Program(graph, [y, *gradients]).run([x, w, b])

    x8, w8, b8 = (a.astype("float64") for a in (x, w, b))
    y8 = np.tanh(x8 @ w8 + b8)
    dz = 2 * y8 * (1 - y8**2)
    expected = [y8, dz @ w8.T, x8.T @ dz, dz.sum(0)]
    # A chain of k products of size one errs by less than k eps sqrt(k)-ish; the norm bounds it.
    size = EPS[dtype] * (8 + k) * (1 + np.abs(x8) @ np.abs(w8)).max()
    bounds = [size, size * n * np.abs(w8).max(), size * m * np.abs(x8).max(), size * m]
    for value, reference, bound in zip(got, expected, bounds, strict=True):
        assert value.dtype == dtype
        np.testing.assert_allclose(value, reference, rtol=0, atol=4 * bound)


@settings(deadline=None, max_examples=40)
@given(k=st.integers(1, 120), n=st.integers(1, 120), dtype=FLOATS)
def test_what_one_row_sends_back_equals_numpy(k: int, n: int, dtype: str) -> None:
    """It sums over the lanes of the weight, which no other product does."""
    x, w = _random((1, k), dtype, 1), _random((k, n), dtype, 2)
    graph = _core.Graph()
    variable, row = _core.Variable(w, dtype), graph.input((1, k), dtype)
    product = graph.add("matmul", [row, graph.read(variable)], {})
    loss = graph.add("sum", [graph.add("square", [product], {})], {})
    (got,) = _core.Program(graph, graph.gradients(loss, [row])).run([x])
    x8, w8 = x.astype("float64"), w.astype("float64")
    expected = 2 * (x8 @ w8) @ w8.T
    bound = 2 * np.abs(x8) @ np.abs(w8) @ np.abs(w8).T
    np.testing.assert_array_less(np.abs(got - expected), EPS[dtype] * (8 + k + n) * bound)


@pytest.mark.parametrize("rows", [2, 9, 40])
def test_a_row_times_a_transposed_weight_has_its_bits_in_every_batch(rows: int) -> None:
    """As in an autoencoder with tied weights."""
    weight, x = (
        _core.Variable(_random((70, 50), "float32", 1), "float32"),
        _random((rows, 50), "float32", 2),
    )

    def product(x: np.ndarray) -> np.ndarray:
        graph = _core.Graph()
        transposed = graph.add("transpose", [graph.read(weight)], {})
        return _core.Program(
            graph, [graph.add("matmul", [graph.input(x.shape, "float32"), transposed], {})]
        ).run([x])[0]

    np.testing.assert_array_equal(product(x)[:1], product(x[:1]))


def test_large_products_equal_numpy() -> None:
    """Operands beyond 2 MB are multiplied in other blocks (runtime/matmul_blocks.cpp)."""
    x, w = _random((1030, 1100), "float32", 1), _random((1090, 1030), "float32", 2)
    graph = _core.Graph()
    nodes = [graph.input(a.shape, "float32") for a in (x, w)]
    z = graph.add("matmul", [nodes[1], nodes[0]], {})
    square = graph.add("sum", [graph.add("square", [z], {})], {})
    got = _core.Program(graph, [z, *graph.gradients(square, nodes)]).run([x, w])
    x8, w8 = x.astype("float64"), w.astype("float64")
    z8 = w8 @ x8
    for value, expected in zip(got, [z8, w8.T @ (2 * z8), (2 * z8) @ x8.T], strict=True):
        error = np.linalg.norm(value - expected) / np.linalg.norm(expected)
        assert error < EPS["float32"] * 1100**0.5


SHAPES = st.sampled_from(
    [(), (1,), (4,), (5, 4), (5, 1), (1, 4), (20, 4), (20, 1), (3, 5, 4), (20, 3, 4)]
)


@settings(deadline=None, max_examples=150)
@given(a=SHAPES, b=SHAPES, dtype=FLOATS)
def test_broadcasting_equals_numpy(a: tuple[int, ...], b: tuple[int, ...], dtype: str) -> None:
    x, y = _random(a, dtype, 1), _random(b, dtype, 2)
    graph = _core.Graph()
    nodes = [graph.input(a, dtype), graph.input(b, dtype)]
    try:
        expected = x * y + x
    except ValueError:
        with pytest.raises(ValueError, match="broadcast"):
            graph.add("multiply", nodes, {})
        return
    product = graph.add("multiply", nodes, {})
    (got,) = _core.Program(graph, [graph.add("add", [product, nodes[0]], {})]).run([x, y])
    np.testing.assert_allclose(got, expected, rtol=4 * EPS[dtype], atol=4 * EPS[dtype])


@settings(deadline=None, max_examples=150)
@given(
    shape=st.lists(st.integers(1, 20), min_size=1, max_size=4).map(tuple),
    data=st.data(),
    dtype=st.sampled_from(["float32", "float64", "int32", "int64"]),
    op=st.sampled_from(["sum", "max", "min"]),
    keepdims=st.booleans(),
)
def test_reductions_equal_numpy(shape, data, dtype, op, keepdims) -> None:
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True))
    x = (np.random.default_rng(0).normal(size=shape) * 100).astype(dtype)
    graph = _core.Graph()
    node = graph.input(shape, dtype)
    result = graph.add(op, [node], {"axes": axes, "keepdims": keepdims})
    (got,) = _core.Program(graph, [result]).run([x])
    wide = x.astype("float64")
    expected = getattr(np, op)(wide, axis=tuple(axes), keepdims=keepdims)
    # A chain of n additions errs by at most n eps times the sum of magnitudes; extremes are exact.
    count = x.size // max(1, expected.size)
    magnitude = np.abs(wide).sum(axis=tuple(axes)).max()
    bound = EPS.get(dtype, 0) * count * magnitude if op == "sum" else 0
    np.testing.assert_allclose(got, expected, rtol=0, atol=bound)


def test_nan_is_never_swallowed() -> None:
    x = np.ones((20, 4), "float32")
    x[3, 2] = np.nan
    graph = _core.Graph()
    node = graph.input(x.shape, "float32")
    outputs = [graph.add(op, [node], {}) for op in ("relu", "tanh", "sigmoid", "exp", "softmax")]
    outputs.append(graph.add("max", [node], {"axes": [1]}))
    for value in _core.Program(graph, outputs).run([x]):
        assert np.isnan(value[3]).any()
        assert not np.isnan(np.delete(value, 3, axis=0)).any()


_TRAIN = """
import hashlib, numpy as np, pronghorn as keras
from pronghorn import _core
keras.utils.set_random_seed(3)
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(150, activation="gelu"),
    keras.layers.Dropout(0.2), keras.layers.Dense(70, activation="tanh"),
    keras.layers.Dense(10, activation="softmax")])
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
rng = np.random.default_rng(0)
x, y = rng.normal(size=(330, 20)), rng.integers(0, 10, 330)
model.fit(x, y, batch_size=64, epochs=2, verbose=0)
parts = [*model.get_weights(), model.predict(x, verbose=0)]
print(_core.isa(), hashlib.sha256(b"".join(p.tobytes() for p in parts)).hexdigest())
"""


def _trained_bits(isa: str, threads: int) -> str:
    environment = {**os.environ, "PRONGHORN_ISA": isa, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", _TRAIN], env=environment, capture_output=True, text=True, check=True
    )
    used, digest = done.stdout.split()
    assert used == isa
    return digest


@pytest.mark.parametrize("isa", _core.supported_isas())
def test_bits_do_not_depend_on_threads(isa: str) -> None:
    assert _trained_bits(isa, 1) == _trained_bits(isa, 2)


def test_bits_are_equal_on_avx2_and_avx512() -> None:
    if not {"avx2", "avx512"} <= set(_core.supported_isas()):
        pytest.skip("this machine does not have both AVX2 and AVX-512")
    assert _trained_bits("avx2", 2) == _trained_bits("avx512", 2)


def test_an_unknown_instruction_set_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pronghorn import _core; _core.isa()"],
        env={**os.environ, "PRONGHORN_ISA": "mmx"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "PRONGHORN_ISA must be one of" in done.stderr


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 5), (8, 1), (16, 64), (33, 70), (40, 1100), (20, 3, 7)])
def test_random_numbers_do_not_depend_on_the_layout(shape: tuple[int, ...], dtype: str) -> None:
    """Alone they are row-major, beside inputs in row panels, for variables in column panels."""
    state = np.array([5, 2], "int64")
    graph = _core.Graph()
    made = {"shape": list(shape), "dtype": dtype}
    (alone,) = _core.Program(graph, [graph.add("uniform", [graph.input((2,), "int64")], made)]).run(
        [state]
    )

    graph = _core.Graph()
    x = graph.input(shape, dtype)
    numbers = graph.add("uniform", [graph.input((2,), "int64")], made)
    beside = graph.add("maximum", [numbers, x], {})
    threshold = np.full(shape, 0.5, dtype)
    (kept,) = _core.Program(graph, [beside]).run([threshold, state])
    np.testing.assert_array_equal(kept, np.maximum(alone, threshold))

    variable = _core.Variable(np.zeros(shape, dtype), dtype)
    graph = _core.Graph()
    numbers = graph.add("uniform", [graph.input((2,), "int64")], made)
    graph.assign(variable, graph.add("add", [graph.read(variable), numbers], {}))
    _core.Program(graph, []).run([state])
    np.testing.assert_array_equal(variable.numpy(), alone)


def test_permutation_is_one_and_repeats() -> None:
    order = _core.permutation(1000, 5, 2)
    assert sorted(order) == list(range(1000))
    assert (order == _core.permutation(1000, 5, 2)).all()
    assert (order != _core.permutation(1000, 5, 3)).any()


def _philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 (Salmon et al., SC 2011)."""
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        low = 2**32 - 1
        counter = [
            b >> 32 ^ counter[1] ^ key[0], b & low, a >> 32 ^ counter[3] ^ key[1], a & low
        ]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) & low, (key[1] + 0xBB67AE85) & low]
    return counter


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_a_permutation_is_fisher_and_yates_with_words_of_philox(count: int) -> None:
    """So that a run of one version goes on in the next."""
    seed, epoch = 2**40 + 3, 7
    key = [seed % 2**32, seed >> 32]
    words = (w for block in itertools.count() for w in _philox([block, 0, epoch, 0], key))
    expected = list(range(count))
    for i in range(count - 1, 0, -1):
        product = next(words) * (i + 1)
        while product % 2**32 < 2**32 % (i + 1):  # Lemire (2019)
            product = next(words) * (i + 1)
        j = product >> 32
        expected[i], expected[j] = expected[j], expected[i]
    assert list(_core.permutation(count, seed, epoch)) == expected


def test_arrays_of_the_wrong_shape_are_named() -> None:
    graph = _core.Graph()
    program = _core.Program(graph, [graph.add("exp", [graph.input((2, 3), "float32")], {})])
    with pytest.raises(ValueError, match=r"array 0: expected shape \(2, 3\). Received: \(2, 4\)"):
        program.run([np.zeros((2, 4))])
    with pytest.raises(ValueError, match="array of numbers"):
        program.run([np.array([["a"] * 3] * 2)])


@settings(deadline=None, max_examples=25)
@given(m=st.integers(8, 40), k=DIMS, n=DIMS, dtype=FLOATS)
def test_runs_whose_calls_are_recorded_equal_the_first(m: int, k: int, n: int, dtype: str) -> None:
    """A program that runs for the second time keeps the kernel calls it is made of."""
    graph = _core.Graph()
    weight = _core.Variable(_random((k, n), dtype, 1), dtype)
    x = graph.input((m, k), dtype)
    y = graph.add("tanh", [graph.add("matmul", [x, graph.read(weight)], {})], {})
    mean = graph.add("sum", [y], {"axes": [0], "keepdims": True})
    loss = graph.add("sum", [graph.add("square", [graph.add("subtract", [y, mean], {})], {})], {})
    (gradient,) = graph.gradients(loss, [graph.read(weight)])
    step = graph.add("multiply", [gradient, graph.scalar(0.01, dtype)], {})
    graph.assign(weight, graph.add("subtract", [graph.read(weight), step], {}))
    program = _core.Program(graph, [loss, y])

    first = weight.numpy()
    runs = []
    for seed in (2, 2, 2, 3, 2):
        weight.assign(first)
        runs.append([*program.run([_random((m, k), dtype, seed)]), weight.numpy()])
    for run in (runs[1], runs[2], runs[4]):
        for again, value in zip(run, runs[0], strict=True):
            np.testing.assert_array_equal(again, value)
    assert not np.array_equal(runs[3][1], runs[0][1])


def test_an_error_in_a_recorded_run_is_raised_and_the_next_run_works() -> None:
    graph = _core.Graph()
    table, index = graph.input((3, 2), "float32"), graph.input((2,), "int32")
    program = _core.Program(graph, [graph.add("take", [table, index], {"axes": [0]})])
    rows = _random((3, 2), "float32", 1)
    good, bad = np.array([2, 0], "int32"), np.array([0, 3], "int32")
    for _ in range(3):
        with pytest.raises(_core.EngineError, match="3"):
            program.run([rows, bad])
        np.testing.assert_array_equal(program.run([rows, good])[0], rows[good])


def test_a_result_takes_the_place_of_what_it_is_computed_from_and_nobody_needs_again() -> None:
    shape, state = (200, 300), np.array([5, 2], "int64")

    def program(and_numbers: bool) -> _core.Program:
        graph = _core.Graph()
        made = {"shape": list(shape), "dtype": "float32"}
        numbers = graph.add("uniform", [graph.input((2,), "int64")], made)
        scaled = graph.add("multiply", [numbers, graph.scalar(3.0, "float32")], {})
        return _core.Program(graph, [scaled, numbers] if and_numbers else [scaled])

    one, two = program(and_numbers=False), program(and_numbers=True)
    size = 4 * shape[0] * shape[1]
    assert size < one.arena_bytes < 1.1 * size
    assert 2 * size < two.arena_bytes < 2.1 * size
    scaled, numbers = two.run([state])
    np.testing.assert_array_equal(scaled, numbers * np.float32(3))
    np.testing.assert_array_equal(one.run([state])[0], scaled)


def test_what_only_passes_through_narrow_layers_takes_no_memory_of_the_whole_batch() -> None:
    rows, width = 4096, 32
    graph = _core.Graph()
    weight = graph.read(_core.Variable(_random((width, width), "float32", 0) / 4, "float32"))
    y = graph.input((rows, width), "float32")
    for _ in range(8):
        y = graph.add("tanh", [graph.add("matmul", [y, weight], {})], {})
    program = _core.Program(graph, [y])
    assert program.arena_bytes < 4 * (4 * rows * width)
