# SPDX-License-Identifier: Apache-2.0
"""Conditions and loops, at once and in a trace."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops
from pronghorn.backend import Trace

X = np.arange(6.0).reshape(3, 2)


def _both_ways(function, *arrays):
    """Results at once, which must be those of a trace."""
    eager = function(*map(ops.convert_to_tensor, arrays))
    with Trace() as trace:
        inputs = [trace.input(np.shape(a), np.asarray(a).dtype.name) for a in arrays]
        program = trace.compile([function(*inputs)])
    np.testing.assert_array_equal(program.run(list(map(np.asarray, arrays)))[0], eager.numpy())
    return eager.numpy()


@pytest.mark.parametrize("pred", [True, False])
def test_cond_chooses(pred: bool) -> None:
    got = _both_ways(lambda p, x: ops.cond(p, lambda: x + 1, lambda: x * 2), np.array(pred), X)
    np.testing.assert_array_equal(got, X + 1 if pred else X * 2)


@pytest.mark.parametrize("index", [-3, 0, 1, 2, 9])
def test_switch_clamps_its_index(index: int) -> None:
    branches = [lambda x: x, lambda x: x * 2, lambda x: x - 5]
    got = _both_ways(lambda i, x: ops.switch(i, branches, x), np.array(index, "int32"), X)
    np.testing.assert_array_equal(got, branches[int(np.clip(index, 0, 2))](X))


def test_loops_equal_python_s() -> None:
    got = _both_ways(lambda x: ops.fori_loop(1, 4, lambda i, v: v * i + x, x), X)
    np.testing.assert_array_equal(got, ((X * 1 + X) * 2 + X) * 3 + X)
    pair = ops.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), (0, ops.array(1)))
    assert (int(pair[0]), int(pair[1])) == (3, 8)
    assert ops.while_loop(lambda v: True, lambda v: v + 1, 0, maximum_iterations=4) == 4


def test_map_and_vectorized_map_stack() -> None:
    got = _both_ways(lambda x: ops.map(ops.sum, x), X)
    np.testing.assert_array_equal(got, X.sum(1))
    pairs = ops.map(lambda d: {"s": d["a"] + d["b"]}, {"a": ops.array(X), "b": ops.array(X)})
    np.testing.assert_array_equal(pairs["s"], 2 * X)
    np.testing.assert_array_equal(ops.vectorized_map(lambda r: r * 2, X), X * 2)
    np.testing.assert_array_equal(ops.vectorize(lambda a, b: a + b)([1, 2, 3], 2), [3, 4, 5])
    whole = ops.vectorize(lambda row, x: row * ops.sum(x), excluded={1})
    np.testing.assert_array_equal(whole(X, X), X * X.sum())


@pytest.mark.parametrize("reverse", [False, True])
def test_scans_carry(reverse: bool) -> None:
    order = slice(None, None, -1) if reverse else slice(None)
    expected = np.cumsum(X[order], axis=0)[order]

    def running(x):
        return ops.scan(lambda c, row: (c + row, c + row), ops.zeros_like(x[0]), x, reverse=reverse)

    np.testing.assert_array_equal(_both_ways(lambda x: running(x)[1], X), expected)
    np.testing.assert_array_equal(running(ops.array(X))[0], X.sum(0))
    got = _both_ways(lambda x: ops.associative_scan(ops.add, x, reverse=reverse), X)
    np.testing.assert_array_equal(got, expected)
    total, none = ops.scan(lambda c, _: (c + 1, None), 0, length=5)
    assert (total, none) == (5, None)


def test_a_condition_of_a_functional_model_says_what_to_do() -> None:
    x = keras.Input((2,))
    with pytest.raises(TypeError, match="ops.where"):
        ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.scan(lambda c, x: (c, x), 0), "xs or length"),
        (lambda: ops.map(lambda p: p[0], [ops.ones((2,)), ops.ones((3,))]), "one length"),
        (lambda: ops.vectorize(abs, signature="()->()"), "signature"),
        (lambda: ops.einsum("ij,jk->ik", X), "one group"),
        (lambda: ops.einsum("ijk->i", X), "do not fit"),
        (lambda: ops.einsum("ij->il", X), "result"),
        (lambda: ops.pad(X, 1, mode="mean"), "mode"),
        (lambda: ops.pad(X, 1, mode="edge", constant_values=1), "constant_values"),
        (lambda: ops.norm(X, ord="fro", axis=0), "matrices"),
        (lambda: ops.searchsorted([1.0], [1.0], side="up"), "side"),
        (lambda: ops.scatter_update([1.0], [[0]], [1.0], reduction="max"), "reduction"),
        (lambda: ops.one_hot([1], 2, sparse=True), "dense"),
        (lambda: ops.multi_hot([1]), "num_classes"),
        (lambda: ops.select([X > 0], []), "as many"),
        (lambda: ops.where(X > 0, X), "both"),
        (lambda: ops.average(X, weights=[1.0, 2.0, 3.0, 4.0]), "weights"),
        (lambda: ops.meshgrid([1.0], indexing="yx"), "indexing"),
        (lambda: ops.moveaxis(X, [0, 1], 0), "same length"),
        (lambda: ops.cross([1.0, 2.0, 3.0, 4.0], [1.0, 2.0]), "2 or 3"),
        (lambda: ops.rot90(X, axes=(0, 0)), "different"),
        (lambda: ops.histogram(X, bins=0), "bins"),
        (lambda: ops.flip(keras.Input((2,)), 5), "axis"),
    ],
)
def test_bad_arguments_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_last_update_of_a_place_counts() -> None:
    got = ops.scatter_update(np.zeros(3), [[1], [2], [1]], [5.0, 6.0, 7.0])
    np.testing.assert_array_equal(got, [0, 7, 6])
