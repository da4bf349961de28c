# SPDX-License-Identifier: Apache-2.0
"""What the recordings of Keras cannot show: chance, training, functions of the user, errors."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers, ops
from pronghorn.backend import Trace

RNG = np.random.default_rng(0)
ROWS = np.zeros((200, 50), "float32") + 2.0
FLOOR = -1.6732632423543772 * 1.0507009873554805  # what selu tends to on the left


@pytest.mark.parametrize(
    ("make", "mean", "stddev"),
    [
        (lambda seed: layers.GaussianNoise(0.5, seed=seed), 2.0, 0.5),
        (lambda seed: layers.GaussianDropout(0.2, seed=seed), 2.0, 2.0 * 0.5),
        (lambda seed: layers.Dropout(0.2, seed=seed), 2.0, 2.0 * 0.5),
    ],
)
def test_noise_has_its_mean_and_spread_in_training_only(make, mean, stddev) -> None:
    layer = make(3)
    np.testing.assert_array_equal(layer(ROWS), ROWS)
    noisy = layer(ROWS, training=True).numpy().astype("float64")
    n = noisy.size
    # Five standard errors; that of the spread is stddev / sqrt(2 n) at most, here and below.
    assert abs(noisy.mean() - mean) < 5 * stddev / np.sqrt(n)
    assert abs(noisy.std() - stddev) < 5 * stddev / np.sqrt(2 * n)
    np.testing.assert_array_equal(make(3)(ROWS, training=True), noisy.astype("float32"))
    assert (layer(ROWS, training=True).numpy() != noisy).any()


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(1).normal(size=(300, 100)).astype("float32")
    y = layers.AlphaDropout(0.3, seed=1)(x, training=True).numpy().astype("float64")
    assert abs(y.mean()) < 5 / np.sqrt(y.size)
    assert abs(y.std() - 1) < 5 / np.sqrt(y.size)
    a = ((1 - 0.3) * (1 + 0.3 * FLOOR**2)) ** -0.5
    b = -a * FLOOR * 0.3
    dropped = np.isclose(y, a * FLOOR + b, atol=1e-6)
    assert abs(dropped.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / y.size)
    np.testing.assert_allclose(y[~dropped], (a * x + b)[~dropped], rtol=1e-5, atol=1e-6)
    rows = layers.AlphaDropout(0.5, noise_shape=(None, 1), seed=1)(x, training=True).numpy()
    whole = np.isclose(rows, rows[:, :1]).all(1)
    assert 0 < whole.sum() < len(rows)  # whole samples are dropped, others are not
    np.testing.assert_array_equal(layers.AlphaDropout(1.0)(x, training=True), 0 * x)


@pytest.mark.parametrize("name", ["GaussianNoise", "GaussianDropout", "AlphaDropout"])
def test_noise_in_a_model_differs_from_batch_to_batch(name) -> None:
    class Always(getattr(layers, name)):
        def call(self, inputs):
            return super().call(inputs, training=True)

    model = keras.Sequential([keras.Input((50,)), Always(0.5)])
    first, second = (model.predict(ROWS[:40], batch_size=20, verbose=0) for _ in range(2))
    assert (first != second).any()
    assert (first[:20] != first[20:]).any()


def test_monte_carlo_dropout_as_books_write_it() -> None:
    class MCDropout(layers.Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    model = keras.Sequential([keras.Input((50,)), layers.Dense(3), MCDropout(0.5)])
    samples = np.stack([model.predict(ROWS, verbose=0) for _ in range(3)])
    assert (samples[0] != samples[1]).any()
    assert ((samples == 0).mean() - 0.5) ** 2 < 25 * 0.25 / samples.size
    plain = keras.Sequential(
        [
            layers.Dropout.from_config(x.get_config()) if isinstance(x, MCDropout) else x
            for x in model.layers
        ]
    )
    assert np.stack([model(ROWS, training=True) for _ in range(2)]).shape == (2, 200, 3)
    np.testing.assert_array_equal(plain.predict(ROWS, verbose=0), plain.predict(ROWS, verbose=0))


def test_batch_normalization_follows_the_batches_and_then_stands_on_its_own() -> None:
    x = np.random.default_rng(2).normal(3, 2, size=(64, 4)).astype("float32")
    layer = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(x, x, batch_size=32, epochs=3, shuffle=False, verbose=0)
    mean, variance = np.zeros(4), np.ones(4)
    for batch in [x[:32], x[32:]] * 3:
        mean = 0.5 * mean + 0.5 * batch.mean(0)
        variance = 0.5 * variance + 0.5 * batch.var(0)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), variance, rtol=1e-5)
    expected = (x - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
    assert [(w.name, w.trainable) for w in layer.variables] == [
        ("gamma", True),
        ("beta", True),
        ("moving_mean", False),
        ("moving_variance", False),
    ]


def test_a_frozen_batch_normalization_learns_nothing() -> None:
    layer = layers.BatchNormalization()
    model = keras.Sequential([keras.Input((4,)), layer, layers.Dense(1)])
    layer.trainable = False
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(np.ones((8, 4)), np.ones(8), verbose=0)
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    x = np.ones((8, 4), "float32")
    np.testing.assert_array_equal(layer(x, training=True), layer(x))


def test_the_axis_of_keras_2() -> None:
    assert layers.BatchNormalization(axis=[1]).axis == 1
    assert layers.LayerNormalization(axis=[1])(np.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.BatchNormalization(),
        lambda: layers.LayerNormalization(),
        lambda: layers.GroupNormalization(2),
        lambda: layers.RMSNormalization(),
        lambda: layers.UnitNormalization(),
        lambda: layers.PReLU("ones"),
        lambda: layers.Softmax(),
        lambda: layers.ELU(0.5),
        lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="c", activation="tanh"),
    ],
)
def test_gradient_is_the_derivative(make) -> None:
    layer = make()
    layer = type(layer).from_config(layer.get_config() | {"dtype": "float64"})
    x, g = np.random.default_rng(4).normal(size=(2, 5, 4))
    training = {"training": True} if isinstance(layer, layers.BatchNormalization) else {}
    g = g[:, : layer(x, **training).shape[1]]
    with Trace() as trace:
        inputs = trace.input(x.shape, "float64")
        total = ops.sum(layer(inputs, **training) * g)
        (gradient,) = trace.gradients(total, [inputs])
        program = trace.compile([total, gradient])
    h = 1e-5
    slopes = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        slopes[place] = (program.run([x + step])[0] - program.run([x - step])[0]) / (2 * h)
    # Central differences: h^2 f'''/6, and rounding over h.
    np.testing.assert_allclose(program.run([x])[1], slopes, rtol=1e-6, atol=1e-7)


def test_spectral_normalization_replaces_the_kernel_and_trains_that() -> None:
    dense = layers.Dense(3, kernel_initializer="ones", use_bias=False)
    layer = layers.SpectralNormalization(dense, power_iterations=30)
    x = RNG.normal(size=(8, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(x, np.zeros((8, 3)))
    kernel = np.ones((4, 3)) / np.sqrt(12)  # the largest singular value of ones is sqrt(12)
    expected = kernel - 0.1 * x.T @ (x @ kernel) * 2 / 24
    np.testing.assert_allclose(dense.kernel.numpy(), expected, rtol=1e-5)
    dense.kernel.assign(np.zeros((4, 3)))
    assert (layer(x, training=True).numpy() == 0).all()


def test_lambda_gets_what_its_function_asks_for() -> None:
    def scaled(x, factor, training=None):
        return x * (factor if training else 1.0)

    layer = layers.Lambda(scaled, arguments={"factor": 3.0})
    x = np.ones((1, 2), "float32")
    assert layer(x).numpy().tolist() == [[1.0, 1.0]]
    assert layer(x, training=True).numpy().tolist() == [[3.0, 3.0]]
    masked = layers.Lambda(lambda x, mask: ops.where(mask, x, 0.0))
    assert masked(x, mask=np.array([[True, False]])).numpy().tolist() == [[1.0, 0.0]]
    two = layers.Lambda(lambda xs: xs[0] - xs[1])
    assert two([x, x]).numpy().tolist() == [[0.0, 0.0]]
    model = keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x[:, ::-1])])
    assert model(np.array([[1.0, 2.0]])).numpy().tolist() == [[2.0, 1.0]]


def test_lambda_may_declare_its_shape() -> None:
    def looks(x):
        return x[:, :1] if float(ops.max(x)) > 0 else x[:, :1] * 0

    layer = layers.Lambda(looks, output_shape=(1,))
    assert layer(keras.Input((3,))).shape == (None, 1)
    by_function = layers.Lambda(looks, output_shape=lambda shape: (shape[0], 1))
    assert by_function(keras.Input((3,))).shape == (None, 1)


def test_lambda_of_a_named_function_has_a_config() -> None:
    layer = layers.Lambda(keras.activations.relu, arguments={"max_value": 1.0}, name="clip")
    assert sorted(layer.get_config()) == ["arguments", "dtype", "function", "name", "trainable"]
    assert layer.get_config()["function"]["config"] == "relu"
    again = layers.Lambda.from_config(layer.get_config())
    assert again(np.array([[-1.0, 3.0]])).numpy().tolist() == [[0.0, 1.0]]


def test_a_python_lambda_is_stored_but_never_loaded_from_there() -> None:
    config = layers.Lambda(lambda x: x, name="twice").get_config()
    assert config["function"]["class_name"] == "__lambda__"
    with pytest.raises(ValueError, match=r"bytecode.*custom_objects=\{'twice': function\}"):
        layers.Lambda.from_config(config)
    with keras.saving.custom_object_scope({"twice": lambda x: 2 * x}):
        again = layers.Lambda.from_config(config)
    assert again(np.array([[3.0]])).numpy().tolist() == [[6.0]]
    model = keras.Sequential([keras.Input((1,)), layers.Lambda(lambda x: 5 * x)])
    assert keras.models.clone_model(model).predict(np.ones((1, 1)), verbose=0) == 5


def test_wrapper_holds_a_layer_and_its_config() -> None:
    class Twice(layers.Wrapper):
        def call(self, x):
            return 2 * self.layer(x)

    layer = Twice(layers.Dense(3, kernel_initializer="ones"))
    assert layer(np.ones((1, 2))).numpy().tolist() == [[4.0, 4.0, 4.0]]
    assert [w.name for w in layer.weights] == ["kernel", "bias"]
    again = Twice.from_config(layer.get_config())
    assert again(np.ones((1, 2))).numpy().tolist() == [[4.0, 4.0, 4.0]]


def test_embedding_begins_with_given_weights_and_trains_only_what_is_used() -> None:
    start = RNG.normal(size=(4, 2)).astype("float32")
    layer = layers.Embedding(4, 2, weights=[start])
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer, layers.Flatten()])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(np.array([[1, 3], [3, 3]]), np.zeros((2, 4)))
    expected = start.copy()
    expected[1] -= start[1] * 2 / 8
    expected[3] -= 3 * start[3] * 2 / 8
    np.testing.assert_allclose(layer.get_weights()[0], expected, rtol=1e-6)
    assert "weights" not in layer.get_config()
    floats = layers.Embedding(4, 2, weights=start)(np.array([[1.0, 3.0]]))
    np.testing.assert_array_equal(floats, start[[[1, 3]]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LeakyReLU(alpha=0.2), "`alpha` is an old spelling"),
        (lambda: layers.Embedding(4, 2, input_length=3), "`input_length`"),
        (lambda: layers.LayerNormalization(rms_scaling=True), "`rms_scaling`"),
        (lambda: layers.BatchNormalization(input_shape=(3,)), "`input_shape`"),
    ],
)
def test_old_spellings_work_and_say_so(make, message) -> None:
    with pytest.warns(DeprecationWarning, match=message):
        layer = make()
    if isinstance(layer, layers.LeakyReLU):
        assert layer.negative_slope == 0.2
    if isinstance(layer, layers.LayerNormalization):
        x = RNG.normal(size=(3, 4)).astype("float32")
        expected = x / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
        np.testing.assert_allclose(layer(x), expected, rtol=1e-5)


def test_old_first_layers_give_the_model_its_shape() -> None:
    with pytest.warns(DeprecationWarning, match="old spelling"):
        model = keras.Sequential(
            [layers.BatchNormalization(batch_input_shape=(None, 3)), layers.PReLU()]
        )
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize("make", [lambda: layers.LeakyReLU(negative_slope=0.5), layers.PReLU])
def test_a_layer_as_the_activation_of_another(make, tmp_path) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation=make())])
    x = RNG.normal(size=(5, 3)).astype("float32")
    if isinstance(model.layers[0].activation, layers.PReLU):
        model.layers[0].activation.alpha.assign([0.1, 0.2, 0.3, 0.4])
    kernel, bias, *alpha = model.get_weights()
    z = x @ kernel + bias
    slope = alpha[0] if alpha else 0.5
    expected = np.where(z > 0, z, slope * z)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    twin = keras.models.clone_model(model)
    model.save_weights(tmp_path / "model.weights.h5")
    twin.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(twin.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_dot_as_a_function() -> None:
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])
    assert layers.dot([x, y]).numpy().tolist() == [[11.0]]
    cosine = layers.dot([x, y], axes=1, normalize=True).numpy()
    np.testing.assert_allclose(cosine, [[11 / np.sqrt(125)]], rtol=1e-6)


def test_einsum_dense_scales_its_kernel_by_the_inputs_of_the_equation() -> None:
    layer = layers.EinsumDense("abc,dbc->ad", 40, kernel_initializer="lecun_uniform")
    layer.build((None, 10, 30))
    largest = np.abs(layer.kernel.numpy()).max()
    assert 0.99 < largest / np.sqrt(3 / 300) <= 1  # 300 inputs; 12000 draws
    assert layer.get_config()["kernel_initializer"]["config"]["input_axes"] is None


ERRORS = [
    (lambda: layers.ReLU(max_value=-1.0), ValueError, "max_value must be.*max_value=-1.0"),
    (lambda: layers.ReLU(negative_slope=None), ValueError, "negative_slope=None"),
    (lambda: layers.LeakyReLU(-0.1), ValueError, "negative_slope=-0.1"),
    (lambda: layers.PReLU()(keras.Input((None, 3))), ValueError, "must be known"),
    (lambda: layers.GaussianNoise(1.5), ValueError, "stddev must be.*stddev=1.5"),
    (lambda: layers.GaussianDropout(1.0), ValueError, "rate=1.0"),
    (lambda: layers.AlphaDropout("a"), ValueError, "rate='a'"),
    (lambda: layers.ActivityRegularization(l1=-1), ValueError, "l1=-1"),
    (lambda: layers.Permute((0, 1)), ValueError, r"dims=\(0, 1\)"),
    (lambda: layers.Permute((2, 1))(np.ones((2, 3))), ValueError, "ndim=3, found ndim=2"),
    (lambda: layers.RepeatVector(2.0), TypeError, "n=2.0"),
    (lambda: layers.RepeatVector(2)(np.ones((1, 2, 3))), ValueError, "ndim=2"),
    (lambda: layers.Embedding(0, 2), ValueError, "input_dim=0"),
    (lambda: layers.Embedding(3, -2), ValueError, "output_dim=-2"),
    (lambda: layers.Lambda(3), ValueError, "function=3"),
    (lambda: layers.Wrapper(3), ValueError, "layer=3"),
    (lambda: layers.Dot("a"), TypeError, "axes='a'"),
    (lambda: layers.Dot((1, 2, 3)), TypeError, r"axes=\(1, 2, 3\)"),
    (lambda: layers.Dot(1)(np.ones((2, 3))), ValueError, "two tensors"),
    (lambda: layers.Dot(0)([np.ones((2, 3))] * 2), ValueError, "not of the batch"),
    (
        lambda: layers.Dot(1)([np.ones((2, 3)), np.ones((2, 4))]),
        ValueError,
        r"same size.*\(2, 3\), \(2, 4\)",
    ),
    (
        lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"rmin": 2, "rmax": 1}),
        ValueError,
        "'rmax' >= rmin.*'rmin': 2",
    ),
    (
        lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1}),
        ValueError,
        "'max': 1",
    ),
    (lambda: layers.BatchNormalization(axis=2)(np.ones((2, 3))), ValueError, r"axis=\[2\]"),
    (lambda: layers.LayerNormalization()(keras.Input((None,))), ValueError, "must be known"),
    (lambda: layers.GroupNormalization(3)(np.ones((2, 4))), ValueError, "groups=3 for 4 features"),
    (lambda: layers.UnitNormalization("a"), TypeError, "axis='a'"),
    (
        lambda: layers.SpectralNormalization(layers.Dense(2), power_iterations=0),
        ValueError,
        "power_iterations=0",
    ),
    (
        lambda: layers.SpectralNormalization(layers.ReLU())(np.ones((2, 3))),
        ValueError,
        "`kernel` or `embeddings`",
    ),
    (lambda: layers.EinsumDense("ab,bc", 3), ValueError, "equation='ab,bc'"),
    (lambda: layers.EinsumDense("...ab,bc->ac", 3), ValueError, "form"),
    (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="b"), ValueError, "bias_axes='b'"),
    (
        lambda: layers.EinsumDense("abc,bd->abd", (5, 3))(np.ones((2, 4, 6))),
        ValueError,
        "axis 'b' has the size 4 in the input and 5",
    ),
    (
        lambda: layers.EinsumDense("ab,bcd->acd", (None, 2))(np.ones((2, 4))),
        ValueError,
        "must follow from",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input_is_refused(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
