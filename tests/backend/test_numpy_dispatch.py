# SPDX-License-Identifier: Apache-2.0
"""NumPy's functions and operators on tensors."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import KerasTensor, Tensor

X = np.random.default_rng(0).normal(size=(3, 4))
Y = np.random.default_rng(1).normal(size=(3, 4))

# As a user writes them, options of NumPy's signature included.
CALLS = [
    lambda x, y: np.exp(x),
    lambda x, y: np.add(x, y),
    lambda x, y: np.remainder(x, 2.0),
    lambda x, y: np.sum(x, axis=0),
    lambda x, y: np.sum(x, 1, None, None, True),
    lambda x, y: np.mean(x, axis=(0, 1), keepdims=True),
    lambda x, y: np.clip(x, -0.5, 0.5),
    lambda x, y: np.clip(x, a_min=-0.5, a_max=0.5),
    lambda x, y: np.reshape(x, (2, 6)),
    lambda x, y: np.transpose(x),
    lambda x, y: np.transpose(x, axes=(1, 0)),
    lambda x, y: np.concatenate([x, y], axis=1),
    lambda x, y: np.stack((x, y), -1),
    lambda x, y: np.hstack([x, y]),
    lambda x, y: np.where(x > 0, x, y),
    lambda x, y: np.dot(x, y.T if isinstance(y, np.ndarray) else np.transpose(y)),
    lambda x, y: np.matmul(x, np.transpose(y)),
    lambda x, y: np.einsum("ij,ij->i", x, y),
    lambda x, y: np.tensordot(x, y, axes=([0], [0])),
    lambda x, y: np.linalg.norm(x, axis=1),
    lambda x, y: np.take(x, [0, 2], axis=1),
    lambda x, y: x.sum(),
    lambda x, y: x.mean(axis=0, keepdims=True),
    lambda x, y: x.T @ y,
    lambda x, y: x.reshape(2, 6) + y.reshape((2, 6)),
    lambda x, y: x.transpose(1, 0) * y.transpose(),
    lambda x, y: x.astype("float64").std(axis=1),
    lambda x, y: x.clip(-0.5, 0.5).max(axis=1) - y.min(axis=1),
    lambda x, y: x.argmax(axis=1),
    lambda x, y: (x > y).any(axis=0),
    lambda x, y: np.split(x, 2, axis=1),
    lambda x, y: np.expand_dims(x, 1),
    lambda x, y: np.squeeze(x[:, :1], axis=1),
    lambda x, y: np.argmax(x, axis=1),
    lambda x, y: np.zeros_like(x),
    lambda x, y: np.round(x, 1),
    lambda x, y: np.flip(x, 0),
    lambda x, y: np.tile(x, (2, 1)),
    lambda x, y: np.repeat(x, 2, axis=0),
    lambda x, y: np.pad(x, 1, constant_values=3.0),
    lambda x, y: np.isclose(x, y, rtol=0.5),
    lambda x, y: np.var(x, axis=0, ddof=0),
    lambda x, y: np.invert(x > 0) | (y > 0),
    lambda x, y: np.sort(x, axis=0),
    lambda x, y: np.cumsum(x, axis=1),
    lambda x, y: np.linalg.svd(x, compute_uv=False),
]


@pytest.mark.parametrize("index", range(len(CALLS)))
def test_numpy_s_functions_are_ops_on_tensors(index: int) -> None:
    call = CALLS[index]
    expected = call(X, Y)
    got = call(keras.ops.array(X), keras.ops.array(Y))
    symbolic = call(KerasTensor(X.shape, "float64"), KerasTensor(Y.shape, "float64"))
    parts = [p if isinstance(p, list) else [p] for p in (got, expected, symbolic)]
    for mine, numpy_s, declared in zip(*parts, strict=True):
        assert isinstance(mine, Tensor)
        assert isinstance(declared, KerasTensor)
        assert declared.shape == mine.shape
        np.testing.assert_allclose(mine.numpy(), numpy_s, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sort(x, axis=0, kind="heapsort"),
        lambda x: np.var(x, axis=0, ddof=1),
        lambda x: np.add.reduce(x, axis=0),
        lambda x: np.exp(x, out=np.empty((3, 4))),
        lambda x: np.sum(x, dtype="float32"),
        lambda x: np.cov(x),
    ],
)
def test_what_is_not_an_op_takes_values_and_returns_arrays(call) -> None:
    got = call(keras.ops.array(X))
    assert isinstance(got, np.ndarray | np.generic)
    np.testing.assert_array_equal(got, call(X))
    with pytest.raises(TypeError, match="no value"):
        call(KerasTensor(X.shape, "float64"))


_NAMES = "add sub mul truediv floordiv mod pow lt le gt ge eq ne matmul"
BINARY = [getattr(operator, name) for name in _NAMES.split()]


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_operators_take_arrays_on_either_side(function) -> None:
    x, y = np.abs(X[:, :3]) + 1, np.abs(Y[:, :3]) + 1
    for a, b in [(keras.ops.array(x), y), (x, keras.ops.array(y)), (keras.Variable(x), y)]:
        got = function(a, b)
        assert isinstance(got, Tensor)
        np.testing.assert_allclose(got.numpy(), function(x, y), rtol=1e-12)


def test_logical_operators_of_bools() -> None:
    a, b = X > 0, Y > 0
    for function in (operator.and_, operator.or_, operator.xor):
        for left, right in [(keras.ops.array(a), b), (a, keras.ops.array(b))]:
            np.testing.assert_array_equal(function(left, right).numpy(), function(a, b))
    np.testing.assert_array_equal((~keras.ops.array(a)).numpy(), ~a)
    np.testing.assert_array_equal((+keras.ops.array(X)).numpy(), X)


def test_bits_of_integers_are_numpy_s() -> None:
    got = np.bitwise_and(keras.ops.array([6, 3]), 5)
    np.testing.assert_array_equal(got, [4, 1])


def test_numpy_functions_build_functional_models() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, np.concatenate([np.exp(x), np.maximum(x, 0.0)[:, 1:]], axis=-1))
    data = X.astype("float32")
    expected = np.concatenate([np.exp(data), np.maximum(data, 0)[:, 1:]], axis=-1)
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-6)


def test_a_tensor_becomes_python_numbers() -> None:
    assert keras.ops.convert_to_tensor(3).item() == 3
    assert keras.ops.convert_to_tensor([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
