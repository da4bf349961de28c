# SPDX-License-Identifier: Apache-2.0
"""Policies of 16 bits keep their names and compute in float32."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import dtype_policies, layers

# Name -> compute_dtype and variable_dtype as Keras 3.15.1 reports them.
POLICIES = {
    "float16": ("float16", "float16"),
    "bfloat16": ("bfloat16", "bfloat16"),
    "float32": ("float32", "float32"),
    "float64": ("float64", "float64"),
    "mixed_float16": ("float16", "float32"),
    "mixed_bfloat16": ("bfloat16", "float32"),
    "int64": ("int64", "int64"),
}


@pytest.fixture(autouse=True)
def _no_policy_left_behind():
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize("name", POLICIES)
def test_policies_have_the_dtypes_of_keras(name: str) -> None:
    policy = keras.DTypePolicy(name)
    assert (policy.compute_dtype, policy.variable_dtype) == POLICIES[name]
    assert policy == keras.DTypePolicy.from_config(policy.get_config())
    assert repr(policy) == f'<DTypePolicy "{name}">'


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_survives_the_config_of_its_layer(name: str) -> None:
    layer = layers.Identity(dtype=name)
    form = {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": name},
        "registered_name": None,
    }
    assert layer.get_config()["dtype"] == form
    assert json.loads(json.dumps(form)) == form
    assert keras.saving.deserialize_keras_object(form) == layer.dtype_policy
    again = layers.deserialize(layers.serialize(layer))
    assert again.dtype_policy == layer.dtype_policy


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_sixteen_bits_are_computed_in_float32(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(5, 4))
    keras.utils.set_random_seed(0)
    dense = layers.Dense(3, dtype=name)
    y = dense(x)
    assert y.dtype == dense.kernel.dtype == dense.dtype == dense.compute_dtype == "float32"
    np.testing.assert_allclose(y, x @ dense.kernel.numpy(), rtol=1e-5, atol=1e-6)


def test_the_global_policy_is_that_of_layers_without_one() -> None:
    keras.mixed_precision.set_global_policy("mixed_float16")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1, dtype="float64")])
    assert [layer.dtype_policy.name for layer in model.layers] == ["mixed_float16", "float64"]
    assert keras.mixed_precision.global_policy().name == "mixed_float16"
    assert model.inputs[0].dtype == "float32"
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    copy = keras.models.model_from_json(model.to_json())
    assert copy.dtype_policy.name == "mixed_float16"
    keras.backend.clear_session()
    assert keras.config.dtype_policy().name == "float32"


def test_policies_of_keras_2_load() -> None:
    config = {"units": 2, "dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}}}
    assert layers.Dense.from_config(config).dtype_policy.name == "mixed_float16"


@pytest.mark.parametrize("dtype", [np.float64, np.dtype("float64"), "float64"])
def test_dtypes_in_any_form_are_policies(dtype) -> None:
    assert layers.Dense(1, dtype=dtype).dtype == "float64"


@pytest.mark.parametrize("name", ["float", "mixed_float32", "int4_from_float32", 3, ""])
def test_unknown_policies_are_named(name) -> None:
    with pytest.raises(ValueError, match="Received: "):
        layers.Dense(1, dtype=name)


def test_quantized_policies_are_refused() -> None:
    form = {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}
    with pytest.raises(ValueError, match="quantized"):
        dtype_policies.get(form)
