# SPDX-License-Identifier: Apache-2.0
"""Every layer against what real Keras computed (`tests/fixtures/make_layers.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers, ops
from pronghorn.backend import Trace
from pronghorn.backend.masks import mask_of, with_mask
from pronghorn.layers.layer import LAYERS

with np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "layers.npz") as file:
    KERAS = dict(file)
CASES = json.loads(str(KERAS["meta"]))
# Layers without a formula, and those whose tests stand elsewhere: no input, a data set's
# statistics, a function of the user.
NOT_RECORDED = {"InputLayer", "Lambda", "Merge", "Normalization", "Operation", "Wrapper"}
NOT_RECORDED |= {  # they have recordings of their own: test_preprocessing.py
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
}


# A mask has no place in a recorded model.
WITHOUT_MASKS = [name for name, case in CASES.items() if set(case["call"]) <= {"training"}]


def arrays(name, key):
    found = [f"{name}/{key}{i}" for i in range(9)]
    return [KERAS[path] for path in found if path in KERAS]


def made(name):
    case = CASES[name]
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in case["arguments"].items()}
    if "layer" in arguments:  # [class, arguments]
        inner, inner_arguments = arguments["layer"]
        arguments["layer"] = getattr(layers, inner)(**inner_arguments, name="inner")
    return getattr(layers, case["class"])(**arguments, name=name)


def built(name):
    layer, inputs = made(name), arrays(name, "x")
    shapes = [x.shape for x in inputs]
    layer.build(shapes if len(shapes) > 1 else shapes[0])
    layer.set_weights(arrays(name, "w"))
    return layer


def called(layer, name, inputs):
    call = dict(CASES[name]["call"])
    masks = call.pop("masks", [None] * len(inputs))
    if "mask" in call:
        call["mask"] = np.array(call["mask"], "bool")
    tensors = [
        x if mask is None else with_mask(ops.convert_to_tensor(x), np.array(mask, "bool"))
        for x, mask in zip(inputs, masks, strict=True)
    ]
    return layer(tensors if len(tensors) > 1 else tensors[0], **call)


def test_every_layer_is_recorded():
    recorded = {case["class"] for case in CASES.values()}
    ours = {name for name, cls in LAYERS.members.items() if not issubclass(cls, keras.Model)}
    assert ours - recorded == NOT_RECORDED


@pytest.mark.parametrize("name", CASES)
def test_output_gradients_and_state_are_those_of_keras(name):
    layer, inputs = built(name), arrays(name, "x")
    (wanted,) = arrays(name, "y")
    g = (np.arange(1, wanted.size + 1).reshape(wanted.shape) / 10).astype("float32")
    with Trace() as trace:
        traced = [trace.input(x.shape, x.dtype.name) for x in inputs]
        y = called(layer, name, traced)
        floats = [x for x in traced if x.dtype == "float32"]
        found = trace.gradients(ops.sum(y * g), [*layer.trainable_weights, *floats])
        mask = mask_of(y)
        program = trace.compile([y, *(x for x in found if x is not None)])
    got, *gradients = program.run(inputs)
    # Keras's own backends differ by about 1e-6; the gradients carry weights up to 12.
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=2e-6)
    expected = [*arrays(name, "gw"), *arrays(name, "gx")]
    if name == "spectral":  # the kernel is replaced: JAX differentiates by the old one, we do not
        found, expected = [], []
    slopes = iter(gradients)
    for node, gradient in zip(found, expected, strict=True):
        slope = np.zeros_like(gradient) if node is None else next(slopes)
        np.testing.assert_allclose(slope, gradient, rtol=2e-5, atol=2e-5)
    state = [w.numpy() for w in layer.non_trainable_weights]
    for after, wanted in zip(state, arrays(name, "state"), strict=True):
        if after.dtype == "float32":  # the others are the seeds of random numbers
            np.testing.assert_allclose(after, wanted, rtol=1e-6, atol=1e-6)
    assert (mask is None) == (not arrays(name, "mask"))


@pytest.mark.parametrize("name", CASES)
def test_eager_output_and_mask(name):
    y = called(built(name), name, arrays(name, "x"))
    np.testing.assert_allclose(y.numpy(), *arrays(name, "y"), rtol=2e-6, atol=2e-6)
    masks = [] if mask_of(y) is None else [np.asarray(mask_of(y))]
    for mask, wanted in zip(masks, arrays(name, "mask"), strict=True):
        np.testing.assert_array_equal(mask, wanted)


@pytest.mark.parametrize("name", WITHOUT_MASKS)
def test_in_a_model_of_any_batch_size(name):
    inputs, call = arrays(name, "x"), CASES[name]["call"]
    layer, (wanted,) = built(name), arrays(name, "y")
    places = [keras.Input(x.shape[1:], dtype=x.dtype) for x in inputs]
    model = keras.Model(places, layer(places if len(places) > 1 else places[0], **call))
    assert model.output_shape == (None, *wanted.shape[1:])
    got = model(inputs if len(inputs) > 1 else inputs[0]).numpy()
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_config_is_that_of_keras_and_makes_the_same_layer(name):
    layer, case = made(name), CASES[name]
    config = json.loads(json.dumps(layer.get_config()))
    assert plain(config) == plain(case["config"])
    again = type(layer).from_config(config)
    assert again.get_config() == layer.get_config()
    assert type(layer).from_config(plain(case["config"])).get_config()["name"] == name
    assert again.supports_masking == layer.supports_masking == case["supports_masking"]
    assert [w.name for w in built(name).weights] == case["weights"]


def plain(config):
    """Without what says nothing: a policy of one dtype, what is not there or not stored by us."""
    if isinstance(config, list):
        return [plain(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    left_out = {"build_config", "quantization_config"}
    left_out |= {"activity_regularizer"} if config.get("activity_regularizer") is None else set()
    return {key: plain(item) for key, item in config.items() if key not in left_out}


@pytest.mark.parametrize("name", CASES)
def test_an_unknown_argument_is_refused(name):
    cls, arguments = getattr(layers, CASES[name]["class"]), CASES[name]["arguments"]
    with pytest.raises(TypeError, match="no argument `colour`"):
        cls(**(arguments | ({"layer": layers.Dense(2)} if "layer" in arguments else {})), colour=1)
