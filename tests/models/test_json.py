# SPDX-License-Identifier: Apache-2.0
"""Models as text."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

import pronghorn as keras


def wide_and_deep():
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    hidden = keras.layers.Dense(4, "relu", kernel_regularizer="l2")(b)
    joined = keras.layers.concatenate([a, hidden])
    return keras.Model({"a": a, "b": b}, [keras.layers.Dense(1)(joined), joined * 2])


def nested():
    inner = keras.Sequential([keras.layers.Dense(3)])
    return keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])


@pytest.mark.parametrize("make", [wide_and_deep, nested])
def test_there_and_back(make):
    model = make()
    again = keras.models.model_from_json(model.to_json(indent=1))
    assert type(again) is type(model)
    assert not again.compiled
    again.set_weights(model.get_weights())
    assert json.loads(again.to_json()) == json.loads(model.to_json())


def test_it_comes_back_compiled():
    model = nested()
    model.compile(keras.optimizers.Adam(0.5), "mse", metrics=[keras.metrics.MeanAbsoluteError()])
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert float(again.optimizer.learning_rate) == 0.5
    assert again.optimizer.built
    x, y = np.ones((3, 4)), np.ones((3, 2))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_before_compile_there_is_no_compile_config():
    assert nested().get_compile_config() == {}


def test_custom_objects_are_found():
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    text = keras.Sequential([keras.Input((2,)), Twice()]).to_json()
    with pytest.raises(TypeError, match="Twice"):
        keras.models.model_from_json(text)
    again = keras.models.model_from_json(text, custom_objects={"Twice": Twice})
    assert type(again.layers[0]) is Twice


def test_only_models_come_back():
    text = json.dumps(keras.saving.serialize_keras_object(keras.layers.Dense(2)))
    with pytest.raises(ValueError, match="not of a model"):
        keras.models.model_from_json(text)


@pytest.mark.parametrize("name", ["01_seq_mnist_trained", "02_func_wide_deep_trained"])
def test_configs_of_real_keras_are_understood(name, fixture_path):
    with zipfile.ZipFile(fixture_path(f"keras/{name}.keras")) as archive:
        text = archive.read("config.json").decode()
    model = keras.models.model_from_json(text)
    assert model.compiled
    ours, theirs = json.loads(model.to_json()), json.loads(text)
    for key in ("module", "class_name"):
        assert ours[key] == theirs[key]
    names = [[layer["config"]["name"] for layer in c["config"]["layers"]] for c in (ours, theirs)]
    assert names[0] == names[1]
