# SPDX-License-Identifier: Apache-2.0
"""NaN, infinities, subnormal numbers, and sizes at the edge."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import pronghorn as keras

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(96, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model(rate: float = 0.01, width: int = 5) -> keras.Sequential:
    keras.utils.set_random_seed(1)
    net = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(width, "relu"), keras.layers.Dense(1)], name="net"
    )
    net.compile(keras.optimizers.SGD(rate), "mse")
    return net


def with_value(array: np.ndarray, row: int, value: float) -> np.ndarray:
    changed = array.copy()
    changed[row] = value
    return changed


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request: Any) -> Any:
    keras.config.set_num_threads(request.param)
    yield
    keras.config.set_num_threads(None)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["x", "y", "sample_weight"])
def test_a_number_in_the_data_is_named_with_its_row(name: str, value: float, shuffle: bool) -> None:
    data = {"x": X, "y": Y, "sample_weight": np.ones(96, "float32")}
    data[name] = with_value(data[name], 77, value)
    word = {np.inf: "infinity", -np.inf: "minus infinity"}.get(value, "NaN")
    step = r"\d" if shuffle else "5"
    with pytest.warns(
        RuntimeWarning, match=f"in step {step} of epoch 1: `{name}` holds {word} in row 77"
    ):
        model().fit(**data, batch_size=16, shuffle=shuffle, verbose=0)


def test_the_array_is_named_where_there_are_several() -> None:
    a, b = keras.Input((4,)), keras.Input((4,))
    net = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.add([a, b])))
    net.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning, match=r"`x\[1\]` holds NaN in row 3"):
        net.fit([X, with_value(X, 3, np.nan)], Y, verbose=0)


def test_weights_that_are_not_finite_before_the_step_are_named() -> None:
    net = model()
    net.layers[0].bias.assign(np.full(5, np.nan))
    with pytest.warns(RuntimeWarning, match="step 1 .* 'net/dense[_0-9]*/bias' was NaN or inf"):
        net.fit(X, Y, batch_size=16, verbose=0)


def test_an_update_that_overflows_is_found_in_its_step() -> None:
    net = model(rate=1e38)
    with pytest.warns(RuntimeWarning, match=r"in step 1 of epoch 1, but the update of 'net/.*' is"):
        net.fit(100 * X, Y, batch_size=16, shuffle=False, verbose=0)


class Root(keras.layers.Layer):
    """Where its input is zero the value is zero and the slope infinite."""

    def __init__(self, way: str) -> None:
        super().__init__(name="root")
        self.way = way

    def call(self, x: Any) -> Any:
        return keras.ops.sqrt(x) if self.way == "sqrt" else keras.ops.power(x, 0.5)


def model_with_a_root(way: str, width: int, optimizer: str) -> keras.Model:
    """Its gradient is not finite for a row of zeros; steps are too short to change its outputs."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    below = keras.layers.Dense(width, use_bias=False, kernel_initializer="ones", name="below")
    outputs = keras.layers.Dense(1, name="above")(Root(way)(below(inputs)))
    net = keras.Model(inputs, outputs)
    net.compile(keras.optimizers.get(optimizer), "mse")
    net.optimizer.learning_rate = 1e-6
    return net


POSITIVE = (1 + np.abs(X)).astype("float32")
WITH_ZEROS = with_value(POSITIVE, 77, 0.0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lion"])
@pytest.mark.parametrize("way", ["sqrt", "power"])
@pytest.mark.parametrize("width", [5, 3000])
def test_a_gradient_that_is_not_finite_is_found_in_its_step(
    width: int, way: str, optimizer: str, threads: None
) -> None:
    net = model_with_a_root(way, width, optimizer)
    where = r"in step 5 of epoch 1, but the update of 'below/kernel' is NaN or infinite"
    with pytest.warns(RuntimeWarning, match=where):
        net.fit(WITH_ZEROS, Y, batch_size=16, shuffle=False, verbose=0)


def test_where_padding_overflows_in_every_step_the_loss_of_the_next_tells_at_the_latest() -> None:
    net = model_with_a_root("sqrt", 5, "sgd")  # 8 rows lie in a panel of 16, and so 8 of zeros
    with pytest.warns(RuntimeWarning, match="in step 10 .*, but the update|NaN in step 11"):
        net.fit(WITH_ZEROS, Y, batch_size=8, shuffle=False, verbose=0)


def test_a_gradient_that_is_not_finite_is_found_in_the_batches_of_a_generator() -> None:
    net = model_with_a_root("sqrt", 5, "sgd")
    batches = ((WITH_ZEROS[i : i + 16], Y[i : i + 16]) for i in range(0, 96, 16))
    with pytest.warns(RuntimeWarning, match=r"in step 5 of epoch 1, but the update of 'below/"):
        net.fit(batches, verbose=0)


class Logarithm(keras.layers.Layer):
    """NaN for negative inputs."""

    def call(self, x: Any) -> Any:
        return keras.ops.log(x)


@pytest.mark.parametrize("width", [5, 400])
def test_the_layer_that_makes_the_first_nan_is_named(width: int, threads: None) -> None:
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(width, name="before")(inputs)
    inner = keras.Sequential([keras.Input((width,)), Logarithm(name="culprit")], name="inner")
    outputs = keras.layers.Dense(width, name="after")(inner(hidden))
    net = keras.Model(inputs, outputs, name="outer")
    net.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning, match="comes from layer '.*inner/culprit'"):
        net.fit(X, np.repeat(Y, width, axis=1), verbose=0)


def test_a_loss_function_that_makes_it_is_named() -> None:
    net = model()
    net.compile("sgd", lambda y, y_pred: keras.ops.sqrt(-1.0 - keras.ops.square(y - y_pred)))
    with pytest.warns(RuntimeWarning, match="step 1 of epoch 1: .* from the loss function"):
        net.fit(X, Y, verbose=0)


def test_batches_of_a_generator_are_numbered() -> None:
    batches = [(X, Y), (X, Y), (with_value(X, 0, np.nan), Y), (X, Y)]
    with pytest.warns(RuntimeWarning, match="The loss is NaN in step 3 of epoch 1"):
        model().fit((batch for batch in batches), verbose=0)


def test_a_fit_warns_once_and_goes_on() -> None:
    net = model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = net.fit(with_value(X, 50, np.nan), Y, epochs=3, batch_size=16, verbose=0)
    assert len(caught) == 1
    assert len(history.epoch) == 3
    assert int(net.optimizer.iterations.numpy()) == 18
    assert np.isnan(net.get_weights()[0]).any()


@pytest.mark.filterwarnings("ignore:The loss is")
@pytest.mark.parametrize("rows", [96, 400_000])
def test_terminate_on_nan_ends_after_the_very_step(rows: int) -> None:
    x, y = np.resize(X, (rows, 4)), np.resize(Y, (rows, 1))
    net = model()
    net.fit(
        with_value(x, 40, np.nan),
        y,
        batch_size=8,
        shuffle=False,
        epochs=2,
        verbose=0,
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    assert int(net.optimizer.iterations.numpy()) == 6


def test_terminate_on_nan_ends_after_the_step_whose_gradient_is_not_finite(capsys: Any) -> None:
    net = model_with_a_root("sqrt", 5, "sgd")
    fit = {"batch_size": 16, "shuffle": False, "verbose": 0, "epochs": 2}
    with pytest.warns(RuntimeWarning, match="in step 5 of epoch 1, but the update"):
        net.fit(WITH_ZEROS, Y, **fit, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert int(net.optimizer.iterations.numpy()) == 5
    assert "The update of 'below/kernel' is not finite in step 5 of epoch 1: training ends" in (
        capsys.readouterr().out
    )
    net = model_with_a_root("sqrt", 5, "sgd")
    with (
        pytest.warns(RuntimeWarning, match="in step 5 of epoch 1, but the update"),
        pytest.raises(RuntimeError, match="The update of 'below/kernel' is not finite in step 5"),
    ):
        net.fit(WITH_ZEROS, Y, **fit, callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)])


def test_finite_training_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model().fit(X, Y, epochs=3, verbose=0)


def test_subnormals_are_zero_in_the_engine_and_not_in_the_callers_thread(threads: None) -> None:
    tiny = np.full(1000, 1e-40, "float32")
    before = tiny * np.float32(1)
    assert (before != 0).all()
    assert (keras.ops.multiply(tiny, np.float32(1)).numpy() == 0).all()
    net = model(width=400)
    net.fit(X, Y, verbose=0)
    net.predict(X, verbose=0)
    np.testing.assert_array_equal(tiny * np.float32(1), before)


def test_the_slots_of_a_dead_unit_decay_to_zero() -> None:
    """0.9 * m rounds to m itself where m is the least subnormal number."""
    keras.utils.set_random_seed(0)
    net = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.SGD(0.0, momentum=0.9)
    net.compile(optimizer, "mse")
    net.fit(X, Y, batch_size=96, verbose=0)
    net.layers[0].bias.assign(np.full(3, -1e6))
    net.fit(X, Y, batch_size=96, epochs=1500, verbose=0)
    (momentum,) = [v for v in optimizer.variables if v.shape == (4, 3)]
    assert (momentum.numpy() == 0).all()


def finite_everywhere(net: keras.Model) -> bool:
    return all(np.isfinite(weight).all() for weight in net.get_weights())


@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1e15])
def test_extreme_inputs_give_the_predictions_of_float64(scale: float) -> None:
    net, x = model(), X * np.float32(scale)
    a, b, c, d = (w.astype("float64") for w in net.get_weights())
    want = np.maximum(x.astype("float64") @ a + b, 0) @ c + d
    # Each of the products and sums may have been subnormal, and then counts as zero.
    atol = 1e-6 * abs(want).max() + 30 * np.finfo("float32").tiny
    np.testing.assert_allclose(net.predict(x, verbose=0), want, rtol=2e-5, atol=atol)


def test_inputs_near_the_largest_float_overflow_to_infinity_or_nan_and_never_to_a_number() -> None:
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="ones")])
    x = np.full((1, 4), 3e38, "float32")
    assert net.predict(x, verbose=0) == np.inf
    assert net.predict(-x, verbose=0) == -np.inf
    assert np.isnan(net.predict(np.array([[np.inf, -np.inf, 0, 0]], "float32"), verbose=0))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "tanh", "softplus", "gelu", "selu"])
@pytest.mark.parametrize("value", [-3e38, -1e30, -100.0, 100.0, 1e30])
def test_activations_of_extreme_numbers_are_numbers(activation: str, value: float) -> None:
    x = np.array([[value, 0.0, -value]], "float32")
    y = keras.activations.get(activation)(x).numpy()
    assert not np.isnan(y).any()
    if activation == "softmax":
        np.testing.assert_allclose(y.sum(), 1, rtol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 17])
@pytest.mark.parametrize("features", [1, 2, 33])
def test_few_rows_and_features_train_like_numpy(rows: int, features: int) -> None:
    x = GENERATOR.normal(size=(rows, features)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    net = keras.Sequential([keras.Input((features,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(0.01), "mse")
    w, b = (weight.astype("float64") for weight in net.get_weights())
    for _ in range(5):
        error = x @ w + b - y
        w, b = w - 0.01 * 2 * x.T @ error / rows, b - 0.01 * 2 * error.mean(axis=0)
    net.fit(x, y, batch_size=32, epochs=5, verbose=0)
    np.testing.assert_allclose(net.get_weights()[0], w, atol=1e-5)
    np.testing.assert_allclose(net.get_weights()[1], b, atol=1e-5)


def test_a_hundred_thousand_features() -> None:
    x = GENERATOR.normal(size=(20, 100_000)).astype("float32")
    y = x[:, :1]
    net = keras.Sequential([keras.Input((100_000,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(1e-6), "mse")
    first = net.evaluate(x, y, verbose=0)
    net.fit(x, y, epochs=60, batch_size=20, verbose=0)
    assert net.evaluate(x, y, verbose=0) < 0.5 * first
    a, b, c, d = (w.astype("float64") for w in net.get_weights())
    want = (x @ a + b) @ c + d
    np.testing.assert_allclose(net.predict(x, verbose=0), want, atol=1e-4 * abs(want).max())


def test_ten_thousand_classes() -> None:
    x, y = X[:64], np.arange(64) * 156
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10_000)])
    net.compile(
        keras.optimizers.SGD(1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    w, b = (weight.astype("float64") for weight in net.get_weights())
    logits = x @ w + b
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = net.evaluate(x, y, verbose=0)[0]
    np.testing.assert_allclose(loss, -np.log(p[np.arange(64), y]).mean(), rtol=1e-5)
    p[np.arange(64), y] -= 1
    net.fit(x, y, batch_size=64, verbose=0)
    np.testing.assert_allclose(net.get_weights()[0], w - x.T @ p / 64, atol=1e-6)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_no_rows_are_an_error_that_says_so(method: str) -> None:
    with pytest.raises(ValueError, match="The data is empty"):
        getattr(model(), method)(X[:0], Y[:0], verbose=0)
