# SPDX-License-Identifier: Apache-2.0
"""Several optimizers at once do what each does alone."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.optimizers import SGD, Adam, MultiOptimizer, OptimizerMap, RMSprop

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 3)).astype("float32")
Y = (X @ [[1.0], [-1.0], [0.5]]).astype("float32")


def _model():
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh", name="encoder"),
            keras.layers.Dense(1, name="head"),
        ]
    )


def _map():
    return OptimizerMap(
        SGD(0.1, momentum=0.9), {".*encoder/.*": Adam(0.01), ".*head/bias": RMSprop()}
    )


def test_each_variable_follows_its_own_optimizer() -> None:
    together = [keras.Variable(np.ones(2), name=n) for n in ("encoder/kernel", "head/kernel")]
    alone = [keras.Variable(np.ones(2), name=v.name) for v in together]
    optimizer, parts = MultiOptimizer(_map()), [Adam(0.01), SGD(0.1, momentum=0.9)]
    optimizer.build(together)
    for _ in range(4):
        gradients = [keras.ops.convert_to_tensor(RNG.normal(size=2)) for _ in together]
        optimizer.apply(gradients, together)
        for part, gradient, variable in zip(parts, gradients, alone, strict=True):
            part.apply([gradient], [variable])
    for mine, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(mine.numpy(), expected.numpy())
    assert int(optimizer.iterations) == 4
    assert [int(one.iterations) for one in optimizer.optimizers] == [4, 0, 4]


@pytest.mark.parametrize("loss_scale_factor", [None, 8.0])
def test_a_model_trains_with_several_optimizers(loss_scale_factor) -> None:
    model = _model()
    by_function = keras.models.clone_model(model)
    by_function.set_weights(model.get_weights())
    model.compile(MultiOptimizer(_map(), loss_scale_factor), "mse")
    losses = model.fit(X, Y, epochs=3, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    adam, sgd, rms = Adam(0.01), SGD(0.1, momentum=0.9), RMSprop()

    def chosen(variable):
        return adam if "encoder" in variable.path else rms if "bias" in variable.path else sgd

    by_function.compile(MultiOptimizer(chosen, loss_scale_factor), "mse")
    by_function.fit(X, Y, epochs=3, shuffle=False, verbose=0)
    for mine, expected in zip(by_function.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-6)


def test_training_goes_on_from_a_copy_of_the_state() -> None:
    first, second = _model(), _model()
    for model in (first, second):
        model.compile(MultiOptimizer(_map()), "mse")
    first.fit(X, Y, shuffle=False, verbose=0)
    second.optimizer.build(second.trainable_variables)
    second.set_weights(first.get_weights())
    second.optimizer.set_weights([v.numpy() for v in first.optimizer.variables])
    for model in (first, second):
        model.fit(X, Y, shuffle=False, verbose=0)
    for mine, expected in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_configs_bring_the_map_back() -> None:
    form = keras.optimizers.serialize(MultiOptimizer(_map(), name="both"))
    again = keras.optimizers.deserialize(form)
    assert keras.optimizers.serialize(again) == form
    assert form["config"]["optimizer_map"]["module"] == "keras.optimizers"
    assert again.optimizer_map["model/encoder/kernel"].name.startswith("adam")


def test_what_makes_no_sense_is_an_error() -> None:
    several = OptimizerMap(SGD(), {"a.*": SGD(), ".*b": Adam()})
    with pytest.raises(ValueError, match="Several optimizers"):
        _ = several["ab"]
    with pytest.raises(ValueError, match="already"):
        several["a.*"] = Adam()
    with pytest.raises(TypeError, match="Received: 'sgd'"):
        OptimizerMap("sgd")
    with pytest.raises(AttributeError, match="learning rate"):
        _ = MultiOptimizer(several).learning_rate
    with pytest.raises(ValueError, match="Received: 'adam'"):
        MultiOptimizer(lambda variable: "adam").build([keras.Variable([1.0])])
