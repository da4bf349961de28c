# SPDX-License-Identifier: Apache-2.0
"""Masks travel from layer to layer, and what is masked does not count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers, ops
from pronghorn.backend.masks import mask_of, with_mask

WORDS = np.array([[3, 1, 0], [2, 0, 0], [4, 4, 4]], "int32")


class Keeps(layers.Layer):
    """Remembers the mask that its call was given."""

    supports_masking = True

    def call(self, x, mask=None):
        self.seen = mask
        return x * 1.0


class MeanOfSteps(layers.Layer):
    """The mean over the steps that are not masked: an end of masks."""

    supports_masking = True

    def call(self, x, mask=None):
        weight = ops.cast(ops.expand_dims(mask, -1), x.dtype)
        return ops.sum(x * weight, axis=1) / ops.sum(weight, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


def embedding(mask_zero=True):
    return layers.Embedding(5, 2, mask_zero=mask_zero)


@pytest.mark.parametrize("kind", ["sequential", "unbuilt", "functional", "nested", "subclass"])
def test_a_mask_arrives_in_any_model(kind):
    keeps, dense = Keeps(), layers.Dense(2, activation="tanh")
    chain = [embedding(), layers.Dropout(0.5), dense, layers.LayerNormalization(), keeps]
    if kind == "sequential":
        model = keras.Sequential([keras.Input((3,), dtype="int32"), *chain])
    elif kind == "unbuilt":
        model = keras.Sequential(chain)
    elif kind == "subclass":

        class Chain(keras.Model):
            def __init__(self):
                super().__init__()
                self.chain = chain

            def call(self, x):
                for layer in self.chain:
                    x = layer(x)
                return x

        model = Chain()
    else:
        x = words = keras.Input((3,), dtype="int32")
        if kind == "nested":
            inner = keras.Sequential([keras.Input((3, 2)), *chain[1:]])
            x = inner(chain[0](x))
        else:
            for layer in chain:
                x = layer(x)
        model = keras.Model(words, x)
    y = model(WORDS)
    np.testing.assert_array_equal(keeps.seen, WORDS != 0)
    np.testing.assert_array_equal(mask_of(y), WORDS != 0)


def test_what_is_masked_changes_nothing_in_training():
    def trained(words):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([embedding(), MeanOfSteps(), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(words, np.arange(3.0), epochs=2, verbose=0, shuffle=False)
        return model.get_weights()

    short, padded = np.array([[3, 1], [2, 0], [4, 4]]), np.array([[3, 1, 0], [2, 0, 0], [4, 4, 0]])
    for a, b in zip(trained(short), trained(padded), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_training_with_masks_is_that_of_keras():
    with np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "masked.npz") as file:
        recorded = dict(file)
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(5, 4, mask_zero=True),
            layers.BatchNormalization(),
            layers.Dense(4, activation="tanh"),
            layers.LayerNormalization(),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=["mae"], weighted_metrics=["mse"])
    count = len(model.get_weights())
    model.set_weights([recorded[f"w0_{i}"] for i in range(count)])
    fit = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
    history = model.fit(recorded["x"], recorded["y"], **fit).history
    wanted = json.loads(str(recorded["history"]))
    assert sorted(history) == sorted(wanted)
    for name, values in wanted.items():
        np.testing.assert_allclose(history[name], values, rtol=0, atol=1e-5, err_msg=name)
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, recorded[f"w1_{i}"], rtol=0, atol=1e-5)


def test_losses_and_metrics_leave_out_masked_steps():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 3, 2)).astype("float32")
    x[1, 2] = x[3, 1:] = 0
    y = rng.normal(size=(4, 3, 1)).astype("float32")
    weight = np.array([1.0, 2.0, 0.5, 3.0], "float32")
    model = keras.Sequential([keras.Input((3, 2)), layers.Masking(), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
    kept = (x != 0).any(-1)
    error = y[..., 0] - model.predict(x, verbose=0)[..., 0]
    plain = model.evaluate(x, y, verbose=0, return_dict=True)
    assert plain["loss"] == pytest.approx((error**2)[kept].mean(), rel=1e-5)
    assert plain["mae"] == pytest.approx(np.abs(error)[kept].mean(), rel=1e-5)
    logs = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    each = np.broadcast_to(weight[:, None], kept.shape)[kept]
    # The mean over what counts, not divided by the sum of the sample weights: as Keras does it.
    assert logs["loss"] == pytest.approx(((error**2)[kept] * each).mean(), rel=1e-5)
    weighted = np.average(np.abs(error)[kept], weights=each)
    assert logs["weighted_mae"] == pytest.approx(weighted, rel=1e-5)


@pytest.mark.parametrize(
    "merge", [layers.Add(), layers.Multiply(), layers.Maximum(), layers.Concatenate(axis=1)]
)
def test_merged_masks_in_a_model_are_those_of_the_layers_alone(merge):
    first, second, keeps = embedding(), embedding(), Keeps()
    inputs = [keras.Input((3,), dtype="int32"), keras.Input((3,), dtype="int32")]
    merged = merge([first(inputs[0]), second(inputs[1])])
    model = keras.Model(inputs, layers.Dense(1)(MeanOfSteps()(keeps(merged))))
    others = np.array([[0, 1, 0], [0, 0, 3], [4, 0, 4]], "int32")
    predicted = model.predict([WORDS, others], verbose=0)
    np.testing.assert_allclose(model([WORDS, others]), predicted, rtol=1e-6, atol=1e-7)
    kept = [WORDS != 0, others != 0]
    is_longer = isinstance(merge, layers.Concatenate)
    wanted = np.concatenate(kept, 1) if is_longer else np.logical_or(*kept)
    np.testing.assert_array_equal(keeps.seen, wanted)


def test_a_layer_that_does_not_support_masks_says_so_and_ends_them():
    words = embedding()(WORDS)
    with pytest.warns(UserWarning, match=r"'flat' \(Flatten\).*mask"):
        assert mask_of(layers.Flatten(name="flat")(words)) is None
    layers.Flatten()(embedding(mask_zero=False)(WORDS))  # no mask, no warning


def test_masks_of_several_inputs_stay_with_theirs():
    kept = [Keeps(), Keeps()]
    a, b = keras.Input((3, 2), name="a"), keras.Input((3, 2), name="b")
    model = keras.Model({"a": a, "b": b}, layers.Add()([kept[0](a), kept[1](b)]))
    x, mask = np.ones((2, 3, 2), "float32"), np.array([[True, False, True]] * 2)
    y = model({"b": with_mask(ops.convert_to_tensor(x), mask), "a": x})
    assert kept[0].seen is None
    np.testing.assert_array_equal(kept[1].seen, mask)
    assert mask_of(y) is None  # one of the summands has none
    model({"a": x, "b": x}, mask={"a": mask, "b": None})
    np.testing.assert_array_equal(kept[0].seen, mask)
    assert kept[1].seen is None


def test_a_given_mask_comes_before_that_of_the_input():
    keeps, given = Keeps(), np.ones((3, 3), "bool")
    x = embedding()(WORDS)
    np.testing.assert_array_equal(mask_of(keeps(x, mask=given)), given)
    keeps(x, given)
    np.testing.assert_array_equal(keeps.seen, given)
    keeps(x, None)
    np.testing.assert_array_equal(keeps.seen, WORDS != 0)
    model = keras.Sequential([keras.Input((3, 2)), layers.Identity(), keeps])
    model(x, mask=given)
    assert keeps.seen.shape == (3, 3)


def test_a_mask_is_not_left_on_the_tensor_of_someone_else():
    x = ops.ones((3, 3, 2))
    y = layers.Identity()(with_mask(x, np.ones((3, 3), "bool")))
    assert mask_of(y) is not None
    assert mask_of(x) is None


def test_casting_keeps_the_mask():
    x = with_mask(ops.ones((3, 3, 2), "float64"), np.ones((3, 3), "bool"))
    assert mask_of(layers.Identity()(x)) is not None


def test_only_a_layer_with_a_rule_for_masks_hands_them_on():
    class Halves(layers.Layer):
        def call(self, x):
            return x[:, :1]

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else mask[:, :1]

    assert Halves().supports_masking
    assert not layers.Flatten().supports_masking
    y = Halves()(embedding()(WORDS))
    np.testing.assert_array_equal(mask_of(y), WORDS[:, :1] != 0)


def test_bad_masks_are_refused():
    with pytest.raises(ValueError, match=r"one axis less.*\(2, 3\)"):
        layers.BatchNormalization()(np.ones((2, 3)), training=True, mask=np.ones((2, 3), "bool"))
    with pytest.raises(ValueError, match=r"broadcast.*\(2, 2\)"):
        layers.Softmax()(np.ones((2, 3)), mask=np.ones((2, 2), "bool"))
