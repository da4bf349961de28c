# SPDX-License-Identifier: Apache-2.0
"""Layers: their formulas in NumPy, and what they share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn import layers, ops

RNG = np.random.default_rng(0)


@settings(deadline=None, max_examples=40)
@given(
    lead=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    inputs=st.integers(1, 20),
    units=st.integers(1, 20),
    dtype=st.sampled_from(["float32", "float64", "int32", "uint8"]),
    bias=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_dense_is_a_product_on_the_last_axis(lead, inputs, units, dtype, bias, seed) -> None:
    x = (np.abs(np.random.default_rng(seed).normal(size=(*lead, inputs))) * 3).astype(dtype)
    layer = layers.Dense(units, activation="tanh", use_bias=bias, bias_initializer="ones")
    y = layer(x).numpy()
    weights = [w.astype("float64") for w in layer.get_weights()]
    exact, one = x.astype("float64"), weights[1] if bias else 0
    z, size = exact @ weights[0] + one, exact @ np.abs(weights[0]) + one
    # A sum of n + 1 float32 products is off by at most (n + 2) roundings of the sum of magnitudes;
    # tanh does not enlarge that, and rounds once or twice itself.
    assert y.dtype == "float32"
    roundings = (inputs + 2) * size + 4
    assert (np.abs(y - np.tanh(z)) <= roundings * np.finfo("float32").eps).all()
    assert layer.count_params() == inputs * units + bias * units


X = RNG.normal(size=(5, 4, 6)).astype("float32")
Y = RNG.normal(size=(5, 4, 6)).astype("float32")
ROW = RNG.normal(size=(5, 6)).astype("float32")
FORMULAS = [
    (layers.Flatten(), X, X.reshape(5, 24)),
    (layers.Flatten(), X[:, 0, 0], X[:, 0, :1]),
    (layers.Reshape((6, 4)), X, X.reshape(5, 6, 4)),
    (layers.Reshape((-1,)), X, X.reshape(5, 24)),
    (layers.Reshape((2, -1, 3)), X, X.reshape(5, 2, 4, 3)),
    (layers.Activation("relu"), X, np.maximum(X, 0)),
    (layers.Activation(ops.tanh), X, np.tanh(X)),
    (layers.Identity(), X, X),
    (layers.Dropout(0.5), X, X),
    (layers.Rescaling(2.0, -1.0), X, X * 2 - 1),
    (layers.Add(), [X, Y, X], 2 * X + Y),
    (layers.Add(), [X, ROW], X + ROW[:, None]),
    (layers.Subtract(), [X, Y], X - Y),
    (layers.Multiply(), [X, Y], X * Y),
    (layers.Average(), [X, Y], (X + Y) / 2),
    (layers.Maximum(), [X, Y], np.maximum(X, Y)),
    (layers.Minimum(), [X, Y], np.minimum(X, Y)),
    (layers.Concatenate(), [X, Y], np.concatenate([X, Y], -1)),
    (layers.Concatenate(axis=1), [X, Y[:, :2]], np.concatenate([X, Y[:, :2]], 1)),
    (layers.Normalization(mean=[1.0] * 6, variance=[4.0] * 6), X, (X - 1) / 2),
    (layers.Normalization(axis=None, mean=1.0, variance=4.0, invert=True), X, X * 2 + 1),
]


@pytest.mark.parametrize(("layer", "x", "expected"), FORMULAS)
def test_formula_at_once_and_in_a_model(layer, x, expected) -> None:
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-6, atol=1e-6)
    many = x if isinstance(x, list) else [x]
    inputs = [keras.Input(a.shape[1:]) for a in many]
    twin = type(layer).from_config(layer.get_config() | {"name": "twin"})
    model = keras.Model(inputs, twin(inputs if isinstance(x, list) else inputs[0]))
    assert model.output_shape == (None, *expected.shape[1:])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_normalization_adapts_to_mean_and_variance(axis) -> None:
    data = RNG.normal(3, 2, size=(50, 4, 6))
    layer = layers.Normalization(axis=axis)
    layer.adapt(data)
    kept = () if axis is None else np.atleast_1d(axis) % 3
    others = tuple(a for a in range(3) if a not in kept)
    mean, deviation = data.mean(others, keepdims=True), data.std(others, keepdims=True)
    np.testing.assert_allclose(layer(data).numpy(), (data - mean) / deviation, rtol=1e-4, atol=1e-5)


def test_normalization_tells_its_statistics_and_keeps_them_out_of_its_config() -> None:
    layer = layers.Normalization()
    assert layer.mean is None
    layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    np.testing.assert_allclose(layer.mean, [[2.0, 20.0]])
    np.testing.assert_allclose(layer.variance, [[1.0, 100.0]])
    assert layer.get_config()["mean"] is None
    assert [w.name for w in layer.weights] == ["mean", "variance", "count"]
    rows = np.ones((2, 3, 2), "float32")  # one axis more: the last one is still meant
    np.testing.assert_allclose(layer(rows).numpy()[1, 2], [-1.0, -1.9], rtol=1e-6)


def test_normalization_of_scalars_keeps_the_shape() -> None:
    layer = layers.Normalization(axis=None)
    layer.adapt(np.arange(5.0))
    assert layer(np.arange(5.0)).shape == (5,)


def test_normalization_of_a_constant_feature_is_finite() -> None:
    layer = layers.Normalization()
    layer.adapt(np.ones((5, 2)))
    assert np.isfinite(layer(np.ones((2, 2))).numpy()).all()


def test_dropout_is_random_in_training_only_and_moves_on() -> None:
    layer = layers.Dropout(0.5, seed=3)
    x = np.ones((20, 30), "float32")
    np.testing.assert_array_equal(layer(x, training=False).numpy(), x)
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    assert (first != second).any()
    np.testing.assert_array_equal(layers.Dropout(0.5, seed=3)(x, training=True).numpy(), first)


def test_names_count_up_per_class() -> None:
    keras.backend.clear_session()
    assert [layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.Flatten().name == "flatten"
    assert layers.Dense(1, name="mine").name == "mine"


class Residual(layers.Layer):
    """A layer of a user: own weights, sublayers in a list and in a dict."""

    def __init__(self, units: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.blocks = [layers.Dense(units), {"deep": layers.Dense(units)}]

    def build(self, input_shape) -> None:
        self.offset = self.add_weight(shape=(), initializer="ones", trainable=False, name="offset")
        self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, x):
        return self.blocks[1]["deep"](self.blocks[0](x)) * self.scale + self.offset + x


def test_weights_of_a_user_layer_are_found_in_order() -> None:
    layer = Residual(4)
    layer(np.ones((2, 4)))
    shapes = [(4,), (), (4, 4), (4,), (4, 4), (4,)]
    assert [w.shape for w in layer.weights] == shapes
    assert len(layer.trainable_weights) == 5
    layer.trainable = False
    assert layer.trainable_weights == []
    assert not layer.blocks[0].trainable


def test_weights_in_lists_and_dicts_are_found() -> None:
    class Pair(layers.Layer):
        def build(self, input_shape) -> None:
            self.factors = [keras.Variable(np.ones(3)), {"b": keras.Variable(np.ones(()))}]

        def call(self, x):
            return x * self.factors[0] * self.factors[1]["b"]

    layer = Pair()
    layer(np.ones((1, 3)))
    assert [w.shape for w in layer.trainable_weights] == [(3,), ()]


def test_freezing_a_weight_does_not_move_it() -> None:
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.kernel.trainable = False
    assert [w.name for w in layer.weights] == ["kernel", "bias"]
    assert [w.name for w in layer.trainable_weights] == ["bias"]


def test_a_frozen_model_trains_nothing_until_it_is_thawed_itself() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.trainable = False
    model.layers[0].trainable = True
    assert model.trainable_weights == []
    model.trainable = True
    assert len(model.trainable_weights) == 2


def test_a_build_that_fails_leaves_no_weights_behind() -> None:
    class Fragile(layers.Layer):
        def build(self, input_shape) -> None:
            self.kernel = self.add_weight((input_shape[-1],), "ones", name="kernel")
            self.inner = layers.Dense(1)
            self.inner.build(input_shape)
            if input_shape[-1] == 3:
                raise ValueError("three is refused")

        def call(self, x):
            return self.inner(x * self.kernel)

    layer = Fragile()
    with pytest.raises(ValueError, match="three"):
        layer(np.ones((2, 3)))
    assert (layer.built, layer.weights, hasattr(layer, "inner")) == (False, [], False)
    layer(np.ones((2, 4)))
    assert [w.shape for w in layer.weights] == [(4,), (4, 1), (1,)]


def test_add_weight_takes_what_keras_takes() -> None:
    layer = layers.Layer()
    assert layer.add_weight("old", (2,), "ones").name == "old"
    assert layer.add_weight(shape=3).shape == (3,)
    assert layer.add_weight().shape == ()
    assert layer.add_weight((2,), dtype="int32", trainable=False).dtype == "int32"


def test_training_by_keyword_by_place_and_from_the_call_around() -> None:
    class Doubles(layers.Layer):
        def call(self, x, training=None):
            return x * (2.0 if training else 1.0)

    class Around(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Doubles()

        def call(self, x):
            return self.inner(x)

    x = np.ones(1, "float32")
    for layer in (Doubles(), Around()):
        values = [layer(x), layer(x, training=True), layer(x, training=False)]
        assert [float(v[0]) for v in values] == [1.0, 2.0, 1.0]
    assert float(Doubles()(x, True)[0]) == 2.0
    model = keras.Sequential([keras.Input((1,)), Doubles()])
    assert float(model(x[None], True)[0, 0]) == 2.0


def test_python_numbers_are_one_input() -> None:
    assert layers.Dense(3)([[1, 2.0], [3, 4]]).shape == (2, 3)
    assert keras.Sequential([keras.Input((2,)), layers.Dense(1)])([[1.0, 2.0]]).shape == (1, 1)


def test_a_layer_that_looks_at_values_may_declare_its_shape() -> None:
    class Loud(layers.Layer):
        def call(self, x):
            return x * 2 if float(ops.max(x)) < 1 else x

    class Declared(Loud):
        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 7)

    assert Declared()(keras.Input((3,))).shape == (None, 7)
    with pytest.raises(RuntimeError, match="looks at the values"):
        Loud()(keras.Input((3,)))


def test_losses_of_an_earlier_trace_are_forgotten() -> None:
    layer = layers.Dense(1, kernel_regularizer="l2", activity_regularizer="l2")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    (kernel,) = model.losses
    assert float(kernel) == pytest.approx(0.01 * (layer.get_weights()[0] ** 2).sum(), rel=1e-6)


def test_set_weights_checks_before_it_changes() -> None:
    layer = layers.Dense(3)
    layer.build((None, 2))
    before = layer.get_weights()
    for bad, message in [
        ([np.ones((2, 3))], "2 weights"),
        ([np.ones((2, 3)), np.ones(4)], r"'dense.*bias'.*\(3,\).*\(4,\)"),
        ([np.ones((2, 3)), np.array(["a"] * 3)], "bias.*made of numbers"),
        (3, "list of arrays"),
    ]:
        with pytest.raises(ValueError, match=message):
            layer.set_weights(bad)
        for a, b in zip(before, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_activity_and_weight_penalties_are_losses() -> None:
    layer = layers.Dense(
        2, kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l2"
    )
    y = layer(np.ones((4, 3), "float32")).numpy()
    activity, kernel = (float(loss) for loss in layer.losses)
    assert activity == pytest.approx(0.01 * (y**2).sum() / 4)
    assert kernel == pytest.approx(0.01 * 6)


ERRORS = [
    (lambda: layers.Dense(0), ValueError, "units must be a positive int. Received: units=0"),
    (lambda: layers.Dense(2.5), ValueError, "units"),
    (lambda: layers.Dense(2, activation="rleu"), ValueError, "relu"),
    (lambda: layers.Dense(2, kernel_initializer="glorot"), ValueError, "glorot"),
    (lambda: layers.Dense(2, unit=3), TypeError, "no argument `unit`"),
    (lambda: layers.Dense(2)(np.ones(3)), ValueError, "min_ndim=2"),
    (lambda: layers.Dropout(1.5), ValueError, "rate"),
    (lambda: layers.Reshape((5,))(np.ones((2, 6))), ValueError, r"\(6,\)"),
    (lambda: layers.Reshape((-1, -1)), ValueError, r"one may be -1.*\(-1, -1\)"),
    (lambda: layers.Reshape(6), ValueError, "tuple.*target_shape=6"),
    (lambda: layers.Add()(np.ones((2, 2))), ValueError, "list of tensors"),
    (
        lambda: layers.Add(name="join")([np.ones((2, 3)), np.ones((2, 4))]),
        ValueError,
        r"'join' \(Add\).*\(2, 3\), \(2, 4\)",
    ),
    (lambda: layers.Subtract()([np.ones((2, 2))] * 3), ValueError, "two tensors"),
    (
        lambda: layers.Concatenate()([np.ones((2, 2, 1)), np.ones((2, 3, 1))]),
        ValueError,
        "same shape",
    ),
    (lambda: layers.Normalization(mean=1.0), ValueError, "both"),
    (lambda: layers.Normalization(axis=0)(np.ones((2, 2))), ValueError, "batch"),
    (lambda: layers.Normalization().adapt(np.ones((0, 3))), ValueError, "empty"),
    (lambda: layers.Normalization().adapt(np.array(["a"])), ValueError, "numbers.*<U1"),
    (lambda: layers.Normalization().adapt(iter([1])), ValueError, "numbers.*iterator"),
    (lambda: layers.Dropout(True), ValueError, "rate=True"),
    (lambda: keras.Input(), ValueError, "shape"),
    (lambda: keras.Input((True,)), ValueError, "dims"),
    (lambda: keras.Input("ab"), ValueError, "tuple or list"),
    (lambda: keras.Input((2,), sparse=True), ValueError, "sparse"),
    (lambda: type("Bare", (layers.Layer,), {"__init__": lambda s: None})()(3), RuntimeError, "sup"),
    (lambda: keras.Input(5), ValueError, "tuple or list"),
    (lambda: keras.Input((-1,)), ValueError, "dims"),
    (lambda: layers.Layer(name=3), ValueError, "name"),
    (lambda: layers.Dense(3).count_params(), ValueError, "not known"),
    (lambda: layers.Dense(3)(["a"]), ValueError, "arrays or tensors"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input_is_refused(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_wrong_feature_size_names_the_layer_and_both_shapes() -> None:
    layer = layers.Dense(2, name="hidden")
    layer.build((None, 8))
    with pytest.raises(ValueError, match=r'"hidden".*axis -1.*value 8.*\(3, 7\)'):
        layer(np.ones((3, 7)))
