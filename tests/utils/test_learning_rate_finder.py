# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.utils import find_learning_rate

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 3)).astype("float32")
Y = X @ np.array([1.0, -2.0, 0.5], np.float32)


def linear(optimizer="sgd", **compile_):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer, "mse", **compile_)
    return model


def state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [variable.numpy().copy() for variable in variables]


def test_rates_rise_by_the_same_factor_from_the_first_to_the_last():
    sweep = find_learning_rate(linear(), X, Y, min_rate=1e-6, max_rate=1e-3, steps=50)
    np.testing.assert_allclose(sweep.rates, np.geomspace(1e-6, 1e-3, 50))
    assert len(sweep.losses) == 50


def test_each_loss_is_that_of_one_batch_at_its_rate():
    """Against gradient descent written out, on batches in the order of the data."""
    sweep = find_learning_rate(linear(), X, Y, max_rate=0.1, steps=20, batch_size=40, shuffle=False)
    weights, bias, losses = np.zeros(3), 0.0, []
    for i, rate in enumerate(np.geomspace(1e-5, 0.1, 20)):
        rows = slice(40 * (i % 10), 40 * (i % 10) + 40)
        error = X[rows] @ weights + bias - Y[rows]
        losses.append(np.mean(error**2))
        weights = weights - rate * 2 * X[rows].T @ error / 40
        bias = bias - rate * 2 * error.mean()
    np.testing.assert_allclose(sweep.losses, losses, rtol=1e-4)


def test_the_sweep_ends_when_the_loss_has_exploded():
    sweep = find_learning_rate(linear(), X, Y)
    # Gradient descent diverges above 2 / the largest eigenvalue of the Hessian; that is 2 here.
    assert sweep.rates[-1] < 5.0
    assert 0.005 < sweep.suggestion < 0.5


@pytest.mark.parametrize(
    "optimizer",
    ["adam", keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))],
)
def test_the_model_and_random_numbers_are_as_they_were(optimizer):
    model = linear(optimizer, metrics=["mae"])
    model.fit(X, Y, epochs=1, verbose=0)
    history = model.history
    before, draws = state(model), global_state()
    find_learning_rate(model, X, Y)
    for a, b in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(draws, global_state())
    assert model.history is history
    assert not model.stop_training
    assert [metric.name for metric in model.metrics] == ["loss", "mae"]


def global_state():
    from pronghorn.random.seed_generator import global_generator

    return global_generator().state.numpy()


def test_a_model_that_is_not_built_stays_so():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert find_learning_rate(model, X, Y).suggestion > 0
    assert not model.built


def test_a_training_step_of_ones_own_is_swept_too():
    class OwnStep(keras.Sequential):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables))
            return {"loss": loss}

    layers = [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    own = OwnStep(layers)
    own.compile("sgd", "mse")
    own.optimizer.build(own.trainable_variables)
    arguments = {"max_rate": 0.1, "steps": 20, "shuffle": False}
    found = find_learning_rate(own, X, Y, **arguments).losses
    expected = find_learning_rate(linear(), X, Y, **arguments).losses
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_batches_of_a_generator_do():
    def batches():
        while True:
            for i in range(0, 400, 40):
                yield X[i : i + 40], Y[i : i + 40]

    sweep = find_learning_rate(linear(), batches(), steps_per_epoch=10, steps=25, max_rate=0.1)
    assert len(sweep.rates) == 25


def test_single_strange_batches_do_not_end_it():
    y = Y.copy()
    y[3] = 100.0
    assert len(find_learning_rate(linear(), X, y, max_rate=1e-2, batch_size=8).rates) == 300


def test_a_first_rate_that_is_too_large_is_told():
    with pytest.warns(UserWarning, match="begin with a smaller one than 5"):
        find_learning_rate(linear(), X, Y, min_rate=5.0, max_rate=50.0, steps=30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_rate": 0.0}, "`min_rate` must be above 0"),
        ({"min_rate": 1.0, "max_rate": 0.1}, "`min_rate` must be above 0 and below"),
        ({"steps": 3}, "`steps` must be at least 10"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        find_learning_rate(linear(), X, Y, **arguments)


def test_a_loss_that_is_nan_from_the_start_is_an_error():
    with pytest.raises(ValueError, match="from the first step on"):
        find_learning_rate(linear(), X, np.full_like(Y, np.nan))


def test_the_picture_marks_the_suggestion_on_a_logarithmic_axis():
    plt = pytest.importorskip("matplotlib.pyplot")
    sweep = find_learning_rate(linear(), X, Y)
    axes = sweep.plot()
    assert axes.get_xscale() == "log"
    assert any(f"{sweep.suggestion:.2g}" in text.get_text() for text in axes.texts)
    assert axes.get_ylim()[1] < 2 * sweep.losses[0]
    plt.close("all")
