# SPDX-License-Identifier: Apache-2.0
"""Functional models that read strings: lookups, hashes and crosses before the trained layers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers

ROWS = 40
RNG = np.random.default_rng(0)
TABLE = {
    "age": RNG.normal(size=(ROWS, 1)).astype("float32"),
    "kind": RNG.choice(["normal", "fixed", "reversible"], (ROWS, 1)),
    "sex": RNG.integers(0, 2, (ROWS, 1)),
}
TARGET = (TABLE["kind"] == "fixed").astype("float32")


def encoders() -> dict[str, layers.Layer]:
    kind = layers.StringLookup(output_mode="one_hot", name="of_kind")
    kind.adapt(TABLE["kind"])
    return {
        "kind": kind,
        "hash": layers.Hashing(7, output_mode="one_hot"),
        "cross": layers.HashedCrossing(11, output_mode="one_hot"),
    }


def table_model(encoder: dict[str, layers.Layer]) -> keras.Model:
    inputs = {
        "age": keras.Input((1,), name="age"),
        "kind": keras.Input((1,), name="kind", dtype="string"),
        "sex": keras.Input((1,), name="sex", dtype="int64"),
    }
    features = [
        inputs["age"],
        encoder["kind"](inputs["kind"]),
        encoder["hash"](inputs["kind"]),
        encoder["cross"]([inputs["kind"], inputs["sex"]]),
    ]
    hidden = layers.Dense(8, activation="tanh")(layers.concatenate(features))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return model


def numbers_model(width: int) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((width,)),
            layers.Dense(8, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return model


def test_training_on_strings_is_training_on_what_the_layers_make_of_them() -> None:
    encoder = encoders()
    model = table_model(encoder)
    columns = [
        TABLE["age"],
        encoder["kind"](TABLE["kind"]),
        encoder["hash"](TABLE["kind"]),
        encoder["cross"]([TABLE["kind"], TABLE["sex"]]),
    ]
    features = np.concatenate([np.asarray(c, "float32") for c in columns], axis=1)
    other = numbers_model(features.shape[1])
    other.set_weights(model.get_weights())
    options: dict[str, Any] = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0}
    mine = model.fit(TABLE, TARGET, validation_split=0.2, **options)
    theirs = other.fit(features, TARGET, validation_split=0.2, **options)
    assert mine.history == theirs.history
    np.testing.assert_array_equal(
        model.predict(TABLE, verbose=0), other.predict(features, verbose=0)
    )


def test_every_way_to_predict_agrees() -> None:
    model = table_model(encoders())
    expected = model.predict(TABLE, verbose=0)
    some = {name: column[:7] for name, column in TABLE.items()}
    np.testing.assert_allclose(model(some).numpy(), expected[:7], rtol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(some), expected[:7], rtol=1e-6)
    np.testing.assert_allclose(model.predictor(some)(some), expected[:7], rtol=1e-6)
    in_order = [TABLE["age"], TABLE["kind"].astype(object), TABLE["sex"]]
    np.testing.assert_array_equal(model.predict(in_order, verbose=0), expected)
    batches = iter([(some, TARGET[:7]), (some, TARGET[:7])])
    assert np.isfinite(model.fit(batches, verbose=0).history["loss"][0])


def test_a_copy_and_a_model_from_the_config_predict_the_same() -> None:
    model = table_model(encoders())
    expected = model.predict(TABLE, verbose=0)
    np.testing.assert_array_equal(copy.deepcopy(model).predict(TABLE, verbose=0), expected)
    again = keras.Model.from_config(model.get_config())
    again.get_layer("of_kind").set_vocabulary(model.get_layer("of_kind").get_vocabulary())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(TABLE, verbose=0), expected)


def test_a_model_of_encoders_alone_can_be_part_of_another() -> None:
    vocabulary = ["normal", "fixed", "reversible"]
    text = keras.Input((1,), dtype="string")
    encode = keras.Model(
        text, layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot")(text)
    )
    one_hot = encode.predict(TABLE["kind"], verbose=0)
    assert one_hot[0].tolist() == [float(TABLE["kind"][0, 0] == t) for t in ["", *vocabulary]]
    dense = layers.Dense(2)
    model = keras.Model(text, dense(encode(text)))
    expected = one_hot @ dense.kernel.numpy() + dense.bias.numpy()
    np.testing.assert_allclose(model.predict(TABLE["kind"], verbose=0), expected, rtol=1e-6)


def test_a_sequential_model_may_begin_with_a_lookup() -> None:
    lookup = layers.StringLookup(vocabulary=["normal", "fixed"], output_mode="multi_hot")
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup, layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.evaluate(TABLE["kind"], TARGET, verbose=0)
    model.fit(TABLE["kind"], TARGET, epochs=5, verbose=0)
    assert model.evaluate(TABLE["kind"], TARGET, verbose=0) < before


def test_errors_name_the_input_and_what_it_takes() -> None:
    model = table_model(encoders())
    with pytest.raises(ValueError, match="'age'.* expects numbers. Received: x of dtype <U"):
        model.predict(TABLE | {"age": TABLE["kind"]}, verbose=0)
    with pytest.raises(ValueError, match="'kind'.* expects strings. Received: x of dtype int64"):
        model.predict(TABLE | {"kind": TABLE["sex"]}, verbose=0)
    text = keras.Input((1,), dtype="string")
    with pytest.raises(ValueError, match="only layers such as StringLookup"):
        layers.Dense(2)(text)
    number = keras.Input((1,))
    hashed = layers.Hashing(3, output_mode="one_hot")(layers.Dense(1, name="early")(number))
    with pytest.raises(ValueError, match="'early' has weights to train"):
        keras.Model(number, hashed)
