# SPDX-License-Identifier: Apache-2.0
"""Sequential models: with and without an input, changed, copied."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers

RNG = np.random.default_rng(0)


def test_sequential_with_and_without_input_are_the_same() -> None:
    x = RNG.normal(size=(5, 4)).astype("float32")
    early = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)]
    )
    late = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(2)])
    assert early.built
    assert not late.built
    with pytest.raises(ValueError, match="not known"):
        late.count_params()
    late(x)
    assert late.built
    assert late.output_shape == early.output_shape == (None, 2)
    late.set_weights(early.get_weights())
    np.testing.assert_array_equal(late.predict(x, verbose=0), early.predict(x, verbose=0))
    np.testing.assert_allclose(early(x).numpy(), early.predict(x, verbose=0), rtol=1e-6)
    assert [type(layer).__name__ for layer in early.layers] == ["Dense", "Dense"]


def test_add_and_pop() -> None:
    model = keras.Sequential([keras.Input((4,))])
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.count_params() == 15 + 8
    model.pop()
    assert model.output_shape == (None, 3)
    with pytest.raises(ValueError, match="incompatible|cannot"):
        model.add(layers.Reshape((5,)))
    assert model.output_shape == (None, 3)
    assert len(model.layers) == 1


def test_legacy_input_shape_builds_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="Input"):
        first = layers.Flatten(input_shape=[28, 28])
    model = keras.Sequential([first, layers.Dense(300), layers.Dense(100), layers.Dense(10)])
    assert model.count_params() == 266_610


def test_sequential_config_and_clone() -> None:
    late = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert "build_input_shape" not in late.get_config()
    late(np.ones((2, 4)))
    for model in (late, keras.Sequential([keras.Input((4,)), layers.Dense(5)], trainable=False)):
        for twin in (
            keras.Sequential.from_config(model.get_config()),
            keras.models.clone_model(model),
        ):
            twin.build((None, 4))
            assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]
            assert not set(map(id, twin.weights)) & set(map(id, model.weights))
    relu = keras.models.clone_model(
        late, clone_function=lambda layer: layers.Dense(layer.units, activation="relu")
    )
    assert relu.layers[0].activation is keras.activations.relu
