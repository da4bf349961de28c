# SPDX-License-Identifier: Apache-2.0
"""What happens in every so many steps: averages of weights, sums of gradients."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.optimizers.optimizer import OPTIMIZERS
from pronghorn.saving import weights as weights_files

RULES = {n: c for n, c in OPTIMIZERS.members.items() if n not in ("MultiOptimizer", "OptimizerMap")}


def steps(optimizer, gradients, start=0.0):
    """The values of one weight after each step."""
    weight, seen = keras.Variable([start]), []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor([float(gradient)])], [weight])
        seen.append(float(weight[0]))
    return seen, weight


def test_a_weight_is_overwritten_by_its_average_and_goes_on_from_there():
    optimizer = keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)
    seen, weight = steps(optimizer, [-1] * 4)
    # Averages 1, 1.5, 2.25; then the weight is 2.25.
    assert seen == [1.0, 2.0, 2.25, 3.25]
    ((known, average),) = optimizer.averages()
    assert known is weight
    assert average.numpy() == [2.75]
    optimizer.finalize_variable_values([weight])
    assert weight.numpy() == [2.75]


def test_averages_begin_with_the_first_step():
    optimizer, weight = keras.optimizers.SGD(use_ema=True), keras.Variable([3.0])
    optimizer.build([weight])
    assert optimizer.averages() == []
    optimizer.finalize_variable_values([weight])
    assert weight.numpy() == [3.0]


def test_without_averages_nothing_is_finalized():
    optimizer = keras.optimizers.SGD(1.0)
    _, weight = steps(optimizer, [-1])
    optimizer.finalize_variable_values([weight])
    assert weight.numpy() == [1.0]


def test_fit_ends_with_the_averages():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5), lambda y, p: -p)
    model.fit(np.ones((3, 1)), np.ones(3), batch_size=1, verbose=0)
    assert model.get_weights()[0] == 2.25


def test_every_other_call_makes_a_step_with_the_mean_gradient():
    optimizer = keras.optimizers.SGD(1.0, gradient_accumulation_steps=2)
    seen, _ = steps(optimizer, [-1, -3, -5, -5, -7])
    assert seen == [0.0, 2.0, 2.0, 7.0, 7.0]
    assert int(optimizer.iterations) == 2
    assert optimizer.variables[2].numpy() == [-7.0]


def test_schedules_see_calls_and_bias_corrections_see_steps():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.5, 0.25])
    seen, _ = steps(keras.optimizers.SGD(schedule, gradient_accumulation_steps=3), [-1] * 3)
    assert seen == [0.0, 0.0, 0.25]  # the rate of iteration 2, the third call
    seen, _ = steps(keras.optimizers.Adam(0.5, gradient_accumulation_steps=3), [-1] * 6)
    # The root of 1 - 0.999 is off by half of the 6e-5 of that difference in float32.
    np.testing.assert_allclose(seen, [0, 0, 0.5, 0.5, 0.5, 1.0], rtol=3e-5)


def test_what_is_computed_between_steps_may_be_nan():
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5, gradient_accumulation_steps=2)
    seen, weight = steps(optimizer, [np.nan])
    assert seen == [0.0]
    assert optimizer.variables[-1].numpy() == [0.0]
    assert np.isnan(optimizer.variables[2].numpy())


@pytest.mark.parametrize("name", RULES)
def test_equal_gradients_can_be_accumulated_or_not(name):
    rng = np.random.default_rng(7)
    gradients = rng.normal(size=(4, 3, 2)).astype("float32")
    results = []
    for repeats in (1, 2):  # the sum of two equal numbers, halved, is exact
        weight = keras.Variable(np.full((3, 2), 0.5, "float32"))
        optimizer = RULES[name](
            0.1, gradient_accumulation_steps=repeats if repeats > 1 else None, clipnorm=0.5
        )
        for gradient in np.repeat(gradients, repeats, axis=0):
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        results.append(weight.numpy())
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("name", RULES)
def test_training_goes_on_from_a_file_as_if_it_had_not_stopped(name, tmp_path):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    first = [rng.normal(size=(3, 2)), np.zeros(2), rng.normal(size=(2, 1)), np.zeros(1)]

    def model():
        layers = [keras.layers.Dense(2, activation="tanh"), keras.layers.Dense(1)]
        made = keras.Sequential([keras.Input((3,)), *layers])
        made.set_weights(first)
        optimizer = RULES[name](0.05, use_ema=True, gradient_accumulation_steps=2)
        made.compile(optimizer, "mse")
        return made

    def train(made, batches):
        for i in batches:
            made.train_on_batch(x[4 * i : 4 * i + 4], y[4 * i : 4 * i + 4])

    whole, begun, resumed = model(), model(), model()
    train(whole, (0, 1, 2, 0))
    train(begun, (0, 1, 2))
    weights_files.save_weights(begun, tmp_path / "a.weights.h5")
    weights_files.load_weights(resumed, tmp_path / "a.weights.h5")
    train(resumed, (0,))
    for one, other in zip(
        [*whole.weights, *whole.optimizer.variables],
        [*resumed.weights, *resumed.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
