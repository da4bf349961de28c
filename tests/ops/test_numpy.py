# SPDX-License-Identifier: Apache-2.0
"""Every op that NumPy has too, against NumPy in float64, at once and in a trace."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn import ops
from pronghorn.backend import Trace

ANY = np.linspace(-3, 3, 24).reshape(4, 6) + 0.01
POSITIVE = np.abs(ANY) + 0.1

UNARY = {
    "negative": ANY,
    "absolute": ANY,
    "abs": ANY,
    "sign": ANY,
    "square": ANY,
    "sqrt": POSITIVE,
    "reciprocal": POSITIVE,
    "exp": ANY,
    "expm1": ANY,
    "log": POSITIVE,
    "log1p": POSITIVE,
    "log2": POSITIVE,
    "log10": POSITIVE,
    "sin": ANY,
    "cos": ANY,
    "tanh": ANY,
    "sinh": ANY,
    "cosh": ANY,
    "floor": ANY,
    "ceil": ANY,
    "round": ANY * 2.5,
    "isnan": ANY,
    "isinf": ANY,
    "isfinite": ANY,
    "ravel": ANY,
    "squeeze": ANY[None],
    "transpose": ANY,
    "zeros_like": ANY,
    "ones_like": ANY,
    "argmax": ANY,
    "argmin": ANY,
    "logical_not": ANY > 0,
}
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "floor_divide",
    "mod",
    "power",
    "maximum",
    "minimum",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
]


def _both_ways(function, *arrays):
    """The result of an op at once, which must have the bits of that in a trace."""
    eager = function(*arrays).numpy()
    with Trace() as trace:
        inputs = [trace.input(a.shape, a.dtype.name) for a in arrays]
        program = trace.compile([function(*inputs)])
    traced = program.run(list(arrays))[0]
    assert eager.dtype == traced.dtype
    np.testing.assert_array_equal(eager, traced)
    return eager


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary_ops_equal_numpy(name: str, dtype: str) -> None:
    x = UNARY[name] if UNARY[name].dtype == bool else UNARY[name].astype(dtype)
    expected = getattr(np, name)(x.astype("float64") if x.dtype != bool else x)
    np.testing.assert_allclose(
        _both_ways(getattr(ops, name), x), expected, rtol=3e-6 if dtype == "float32" else 1e-13
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary_ops_equal_numpy(name: str, dtype: str) -> None:
    x = (np.arange(12).reshape(3, 4) + 1).astype(dtype)
    y = (np.array([3, 1, 2, 5])).astype(dtype)
    got = _both_ways(getattr(ops, name), x, y)
    expected = getattr(np, name)(x, y)
    np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype != "float64" else 1e-13)
    if dtype.startswith("int") and "divide" not in name[:6] + name[:11] and name != "true_divide":
        assert got.dtype == expected.dtype


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var", "std", "any", "all"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_equal_numpy(name: str, axis, keepdims: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    x = x > 1 if name in ("any", "all") else x
    got = _both_ways(lambda t: getattr(ops, name)(t, axis=axis, keepdims=keepdims), x)
    np.testing.assert_allclose(got, getattr(np, name)(x, axis=axis, keepdims=keepdims), rtol=1e-12)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1])
def test_argmax_equals_numpy_on_every_axis(axis) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    got = _both_ways(lambda t: ops.argmax(t, axis=axis), x)
    np.testing.assert_array_equal(got, np.argmax(x, axis=axis))


@settings(deadline=None, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple),
    data=st.data(),
)
def test_basic_indexing_equals_numpy(shape, data) -> None:
    x = np.arange(math.prod(shape), dtype="float32").reshape(shape)
    key = []
    for length in shape[: data.draw(st.integers(1, len(shape)))]:
        number = st.integers(-length, length - 1)
        span = st.builds(
            slice, st.none() | number, st.none() | number, st.sampled_from([None, 1, 2, -1])
        )
        key.append(data.draw(number | span))
    if data.draw(st.booleans()):
        key.insert(data.draw(st.integers(0, len(key))), None)
    expected = x[tuple(key)]
    got = ops.convert_to_tensor(x)[tuple(key)].numpy()
    np.testing.assert_array_equal(got, expected)


def test_shapes_and_joins_equal_numpy() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    cases = [
        (ops.reshape(x, (4, -1)), x.reshape(4, -1)),
        (ops.transpose(x), x.transpose()),
        (ops.transpose(x, (1, 0, 2)), x.transpose(1, 0, 2)),
        (ops.expand_dims(x, 1), x[:, None]),
        (ops.concatenate([x, x], axis=1), np.concatenate([x, x], axis=1)),
        (ops.stack([x, x], axis=-1), np.stack([x, x], axis=-1)),
        (ops.split(x, 2, axis=2)[1], np.split(x, 2, axis=2)[1]),
        (ops.split(x, [1], axis=1)[1], np.split(x, [1], axis=1)[1]),
        (ops.take(x, [2, 0], axis=1), np.take(x, [2, 0], axis=1)),
        (ops.broadcast_to(x[:1], (2, 3, 4)), np.broadcast_to(x[:1], (2, 3, 4))),
        (ops.where(x > 0, x, 0.0), np.where(x > 0, x, 0)),
        (ops.clip(x, -0.5, 0.5), np.clip(x, -0.5, 0.5)),
        (ops.logsumexp(x, axis=1), np.log(np.exp(x).sum(1))),
        (ops.one_hot(np.array([1, 0, 2]), 3), np.eye(3)[[1, 0, 2]]),
        (ops.arange(2, 8, 2), np.arange(2, 8, 2)),
    ]
    for got, expected in cases:
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-12)
    index = np.argsort(x, axis=1)
    np.testing.assert_allclose(
        ops.take_along_axis(x, index, axis=1).numpy(), np.take_along_axis(x, index, axis=1)
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((2, 1, 2, 3), (5, 3, 4)),
    ],
)
def test_matmul_equals_numpy(a, b) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=a), rng.normal(size=b)
    np.testing.assert_allclose(ops.matmul(x, y).numpy(), x @ y, rtol=1e-12)


@pytest.mark.parametrize("shape", [(7,), (7, 3), (7, 2, 2)])
def test_segment_sums_are_sums_of_what_belongs_together(shape):
    data = np.random.default_rng(0).normal(size=shape)
    ids = np.array([4, 0, 1, 4, 4, 0, 2])
    expected = np.stack([data[ids == i].sum(0) for i in range(6)])
    np.testing.assert_allclose(ops.segment_sum(data, ids, 6), expected, rtol=1e-12)
    with Trace() as trace:
        x = trace.input(shape, "float64")
        sums = ops.segment_sum(x, ids, 6)
        (gradient,) = trace.gradients(
            ops.sum(sums * ops.reshape(ops.arange(6), (6, *[1] * (x.ndim - 1)))), [x]
        )
        program = trace.compile([sums, gradient])
    sums, gradient = program.run([data])
    np.testing.assert_allclose(sums, expected, rtol=1e-12)
    np.testing.assert_array_equal(
        gradient, np.broadcast_to(ids.reshape(7, *[1] * (len(shape) - 1)), shape)
    )


def test_extreme_values_behave_like_numpy() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 2e-38, 3e38], "float32")
    with np.errstate(all="ignore"):
        for name in ("exp", "log", "tanh", "sqrt", "maximum", "abs", "expm1", "log1p"):
            arguments = (x, x[::-1].copy()) if name == "maximum" else (x,)
            np.testing.assert_allclose(
                getattr(ops, name)(*arguments).numpy(), getattr(np, name)(*arguments), rtol=1e-6
            )


def test_subnormal_numbers_are_zero() -> None:
    subnormal = np.array([1e-45, -1e-39], "float32")
    assert ops.log(subnormal[:1]).numpy().tolist() == [-np.inf]
    assert (ops.convert_to_tensor(subnormal) * 1e30).numpy().tolist() == [0.0, 0.0]


def test_python_numbers_adopt_the_dtype_of_tensors() -> None:
    assert (ops.convert_to_tensor(np.ones(2, "float64")) * 0.5).dtype == "float64"
    assert (ops.convert_to_tensor(np.ones(2, "int64")) + 1).dtype == "int64"
    assert (ops.convert_to_tensor(np.ones(2, "int32")) * 0.5).dtype == "float32"
    assert (np.ones(2, "float32") + ops.convert_to_tensor(1.0)).dtype == "float32"


def test_integers_keep_what_float32_cannot_hold() -> None:
    x = np.array([2**24 + 1, 2**40 + 1], "int64")
    assert (ops.convert_to_tensor(x) + 1).numpy().tolist() == [2**24 + 2, 2**40 + 2]


def test_ops_are_layers_of_a_functional_model() -> None:
    a, b = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([a, b], ops.relu(a @ np.ones((3, 3), "float32")) * 2.0 + b[:, :1])
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    expected = np.maximum(x @ np.ones((3, 3)), 0) * 2 + y[:, :1]
    np.testing.assert_allclose(model.predict([x, y], verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.add(np.ones(3), np.ones(4)), "broadcast"),
        (lambda: ops.matmul(np.ones((2, 3)), np.ones((2, 3))), r"\(2, 3\)"),
        (lambda: ops.reshape(np.ones(6), (4, -1)), "reshape"),
        (lambda: ops.sum(np.ones((2, 3)), axis=2), "axis"),
        (lambda: ops.concatenate([np.ones((2, 3)), np.ones((3, 2))]), "concatenate"),
        (lambda: ops.cast(np.ones(3), "complex64"), "dtype must be one of"),
        (lambda: ops.convert_to_tensor(["a"]), "expected numbers"),
        (lambda: ops.take(np.ones(3), [5], axis=0), "out of range"),
        (lambda: ops.split(np.ones(5), 2), "equal"),
    ],
)
def test_bad_operands_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_traced_tensor_has_no_value() -> None:
    with Trace() as trace:
        x = trace.input((2,))
        with pytest.raises(RuntimeError, match="traced"):
            float(ops.sum(x))
