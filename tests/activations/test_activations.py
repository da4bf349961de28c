# SPDX-License-Identifier: Apache-2.0
"""Every activation against recorded values of Keras, and against its own derivative."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.activations import ACTIVATIONS
from pronghorn.backend import Trace

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
ARGUMENTS = {"threshold": {"threshold": 0.3, "default_value": -1.0}}
BY_ROW = ("softmax", "log_softmax", "sparsemax", "glu")
NAMES = list(ACTIVATIONS.members)
WRONG_IN_KERAS = ("sparsemax",)
RECORDED = [n for n in NAMES if f"act_y_{n}" in KERAS.files and n not in WRONG_IN_KERAS]
# Where the derivative jumps.
CORNERS = [-3, -1, -0.5, 0, 0.3, 0.5, 1, 3, 6]


def activation(name):
    function = keras.activations.get(name)
    return lambda x: function(x, **ARGUMENTS.get(name, {}))


def value_and_gradient(function, x, weight):
    """function(x), and the gradient of sum(weight * function(x))."""
    with Trace() as trace:
        t = trace.input(x.shape, x.dtype.name)
        y = function(t)
        (gradient,) = trace.gradients(keras.ops.sum(y * weight), [t])
        program = trace.compile([y, gradient])
    return program.run([x])


@pytest.mark.parametrize("name", RECORDED)
def test_value_and_gradient_are_those_of_keras(name):
    x, y, g = KERAS["act_x"], KERAS[f"act_y_{name}"], KERAS[f"act_g_{name}"]
    weight = (np.arange(1, y.size + 1).reshape(y.shape) / 10).astype("float32")
    value, gradient = value_and_gradient(activation(name), x, weight)
    # Keras's own backends differ by 1.2e-6 (the fixtures' README); gradients carry weights to 4.8.
    np.testing.assert_allclose(value, y, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(gradient, g, rtol=1e-5, atol=1e-5)


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    """By the algorithm of Martins and Astudillo (2016), with a sort."""
    x = np.random.default_rng(0).normal(scale=2, size=(50, 7)).round(1)  # with equal elements
    z = -np.sort(-x, axis=1)
    k = np.arange(1, 8)
    count = (1 + k * z > z.cumsum(1)).sum(1)
    t = (np.take_along_axis(z.cumsum(1), count[:, None] - 1, 1)[:, 0] - 1) / count
    got = np.asarray(keras.activations.sparsemax(x.astype("float32")))
    np.testing.assert_allclose(got, np.maximum(x - t[:, None], 0), atol=1e-6)
    np.testing.assert_allclose(got.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_eager_and_traced_values_have_the_same_bits(name):
    x = KERAS["act_x"]
    traced, _ = value_and_gradient(activation(name), x, np.float32(1))
    np.testing.assert_array_equal(np.asarray(activation(name)(x)), traced)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_the_derivative(name):
    x = np.random.default_rng(5).normal(scale=3, size=(4, 6))
    x = x[np.abs(x[..., None] - CORNERS).min(-1).min(-1) > 1e-3]
    assert len(x) > 1
    f, h = activation(name), 1e-5
    weight = np.random.default_rng(6).normal(size=np.asarray(f(x)).shape)
    _, gradient = value_and_gradient(f, x, weight)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        slope = np.sum(weight * (np.asarray(f(x + step)) - np.asarray(f(x - step)))) / (2 * h)
        # Central differences: h^2 f'''/6 and rounding of f over h, both about 1e-10.
        assert gradient[i] == pytest.approx(slope, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_large_inputs_give_no_nan(name):
    x = np.array([[-80.0, 80.0, -30.0, 30.0]], "float32")
    value, gradient = value_and_gradient(activation(name), x, np.float32(1))
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_ROW])
def test_nan_stays_nan(name):
    value = np.asarray(activation(name)(np.array([np.nan, 1.0], "float32")))
    assert np.isnan(value[0])
    assert not np.isnan(value[1])


@pytest.mark.parametrize("x", [0.5, np.float32([0.5, -0.5]), np.zeros((2, 0), "float32")])
def test_shapes_are_kept(x):
    for name in NAMES:
        if name not in BY_ROW:
            assert np.shape(activation(name)(x)) == np.shape(x)


def test_relu_with_all_its_arguments():
    x = np.array([-2, 0, 0.5, 1, 4, 9], "float32")
    y = keras.activations.relu(x, negative_slope=0.1, max_value=6.0, threshold=1.0)
    np.testing.assert_allclose(y, [-0.3, -0.1, -0.05, 0, 4, 6], rtol=1e-6)
    np.testing.assert_array_equal(keras.activations.relu(x, max_value=6.0), np.clip(x, 0, 6))


def test_gelu_by_tanh():
    x = np.linspace(-4, 4, 17, dtype="float32")
    expected = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(keras.activations.gelu(x, approximate=True), expected, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_along_any_axis(axis):
    x = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
    e = np.exp(x.astype("float64"))
    expected = e / e.sum(axis, keepdims=True)
    np.testing.assert_allclose(keras.activations.softmax(x, axis=axis), expected, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_names_go_there_and_back(name):
    function = keras.activations.get(name)
    assert keras.activations.serialize(function) == name
    assert keras.activations.deserialize(name) is function


def test_other_names():
    assert keras.activations.get(None) is keras.activations.linear
    assert keras.activations.get("swish") is keras.activations.silu
    assert keras.activations.serialize(keras.activations.hard_swish) == "hard_silu"
    assert keras.activations.get(np.tanh) is np.tanh


@pytest.mark.parametrize(
    ("identifier", "message"),
    [("rleu", "'relu'"), ("ReLU", "Unknown activation: 'ReLU'"), (7, "Received: 7")],
)
def test_what_is_no_activation_is_refused(identifier, message):
    with pytest.raises(ValueError, match=message):
        keras.activations.get(identifier)


def test_glu_needs_an_even_axis():
    with pytest.raises(ValueError, match="3"):
        keras.activations.glu(np.zeros((2, 3), "float32"))
