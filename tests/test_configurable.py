# SPDX-License-Identifier: Apache-2.0
"""Configs: read off the constructor, there and back, of ours and of the user's classes."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

import pronghorn as keras
from pronghorn._configurable import FAMILIES, Configurable, constructor_arguments
from pronghorn._object_form import deserialize, serialize
from pronghorn.saving.registry import get_custom_objects

CLASSES = [
    cls
    for family in FAMILIES.values()
    for cls in family.members.values()
    if isinstance(cls, type) and cls.__module__.startswith("pronghorn.")
]


class Bounded(keras.regularizers.Regularizer):
    """A class of the user that keeps its arguments under other names."""

    def __init__(self, factor, bounds=(0, 1), inner=None):
        self._f, self._b, self._inner = factor, bounds, inner

    def __call__(self, x):
        return self._f * keras.ops.sum(keras.ops.clip(x, *self._b))


@pytest.fixture
def clean_registry():
    kept = dict(get_custom_objects())
    yield
    get_custom_objects().clear()
    get_custom_objects().update(kept)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_of_ours_says_what_it_is(cls):
    assert cls.__doc__
    assert cls.family.members[cls.__name__] is cls
    assert all(argument.is_attribute for argument in constructor_arguments(cls).values())


def test_classes_of_the_user_are_not_found_by_name():
    assert "Bounded" not in keras.regularizers.get("l1").family.members
    with pytest.raises(ValueError, match="Unknown regularizer: 'Bounded'"):
        keras.regularizers.get("Bounded")


def test_what_the_user_passed_is_stored_whatever_its_attributes_are_called():
    made = Bounded(0.5, inner=keras.regularizers.L1(0.25))
    config = made.get_config()
    assert config["factor"] == 0.5
    assert config["bounds"] == [0, 1]
    assert config["inner"]["class_name"] == "L1"
    again = Bounded.from_config(json.loads(json.dumps(config)))
    assert again._inner.l1 == 0.25
    assert again.get_config() == config
    for same in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert same.get_config() == config


def test_arguments_passed_on_and_arguments_passed_through():
    class Base(keras.losses.Loss):
        def __init__(self, scale, **kwargs):
            super().__init__(**kwargs)

    class Derived(Base):
        def __init__(self, offset, **kwargs):
            super().__init__(**kwargs)

    config = Derived(1.0, scale=2.0, name="mine").get_config()
    assert config == {
        "name": "mine",
        "reduction": "sum_over_batch_size",
        "scale": 2.0,
        "offset": 1.0,
    }
    assert Derived.from_config(config).get_config() == config


def test_a_config_the_user_wrote_as_in_keras():
    class Threshold(keras.losses.Loss):
        def __init__(self, threshold=1.0, **kwargs):
            self.threshold = threshold
            super().__init__(**kwargs)

        def get_config(self):
            return {**super().get_config(), "threshold": self.threshold}

    form = keras.losses.serialize(Threshold(2.0, reduction="sum"))
    assert form["registered_name"] == "Threshold"
    again = keras.losses.deserialize(form, custom_objects={"Threshold": Threshold})
    assert (again.threshold, again.reduction) == (2.0, "sum")
    with keras.saving.custom_object_scope({"Threshold": Threshold}):
        assert keras.losses.get(form).threshold == 2.0
    with pytest.raises(TypeError, match="Could not find the class 'Threshold'"):
        keras.losses.deserialize(form)


@pytest.mark.usefixtures("clean_registry")
def test_registered_classes_and_functions_are_found():
    @keras.saving.register_keras_serializable(package="book")
    def cube(x):
        return x * x * x

    @keras.saving.register_keras_serializable(name="Renamed")
    class Fixed(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return keras.ops.ones(shape, dtype)

    assert keras.activations.get("book>cube") is cube
    form = keras.activations.serialize(cube)
    assert form == {
        "module": "builtins",
        "class_name": "function",
        "config": "book>cube",
        "registered_name": "function",
    }
    assert keras.activations.deserialize(form) is cube
    form = keras.initializers.serialize(Fixed())
    assert form["registered_name"] == "Custom>Renamed"
    assert isinstance(keras.initializers.get(form), Fixed)
    assert isinstance(keras.initializers.get("Custom>Renamed"), Fixed)
    assert keras.saving.get_registered_name(Fixed) == "Custom>Renamed"
    assert keras.saving.get_registered_object("book>cube") is cube


def test_names_of_ours_cannot_be_taken():
    with keras.saving.custom_object_scope({"relu": np.tanh}):
        assert keras.activations.get("relu") is keras.activations.relu


def test_a_scope_ends_and_nests():
    with keras.saving.custom_object_scope({"one": np.sin}):
        with keras.saving.custom_object_scope({"two": np.cos}):
            assert keras.activations.get("one") is np.sin
            assert keras.activations.get("two") is np.cos
        with pytest.raises(ValueError, match="'two'"):
            keras.activations.get("two")
    with pytest.raises(ValueError, match="'one'"):
        keras.activations.get("one")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        "text",
        [1, [2.0, None]],
        {"a": {"b": [1]}},
        b"bytes",
        slice(1, None, 2),
        Ellipsis,
    ],
)
def test_plain_values_go_there_and_back(value):
    assert deserialize(json.loads(json.dumps(serialize(value)))) == value


def test_arrays_and_tensors_go_there_and_back():
    array = np.arange(6, dtype="int32").reshape(2, 3)
    again = deserialize(json.loads(json.dumps(serialize(array))))
    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype
    tensor = deserialize(serialize(keras.ops.convert_to_tensor([1.5])))
    assert tensor.numpy().tolist() == [1.5]
    assert serialize((np.float32(0.5), np.int64(3))) == [0.5, 3]


def test_functions_of_ours_are_plain_names():
    assert serialize(keras.losses.mean_squared_error) == "mean_squared_error"
    form = {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert deserialize(form) is keras.losses.mean_squared_error


@pytest.mark.parametrize(
    ("value", "message"),
    [(lambda x: x, "lambda"), (object(), "get_config"), (keras.losses.Huber, "Huber")],
)
def test_what_cannot_be_stored_is_refused(value, message):
    with pytest.raises(TypeError, match=message):
        serialize(value)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        (
            {"class_name": "__lambda__", "config": {"value": ["4wEAAA==", None, None]}},
            ValueError,
            "bytecode",
        ),
        ({"class_name": "__other__", "config": {}}, ValueError, "__other__"),
        ({"module": "os", "class_name": "system", "config": {}}, TypeError, "'os'"),
        ({"module": "keras.losses", "class_name": "Hubr", "config": {}}, ValueError, "'Huber'"),
        ({"module": "builtins", "class_name": "function", "config": "eval"}, TypeError, "eval"),
        ({"module": "keras.losses", "class_name": "get", "config": {}}, ValueError, "get"),
    ],
)
def test_what_a_file_may_not_name(config, error, message):
    with pytest.raises(error, match=message):
        deserialize(config)


def test_unknown_keys_are_errors_unless_they_mean_the_default():
    assert keras.losses.Huber.from_config({"delta": 2.0, "new_in_keras_4": None}).delta == 2.0
    with pytest.raises(TypeError, match="new_in_keras_4"):
        keras.losses.Huber.from_config({"new_in_keras_4": 1})


def test_names_with_an_underscore_stay_out():
    family = keras.initializers.Initializer.family
    assert not any(name.startswith("_") for name in family.members)
    assert issubclass(keras.losses.Loss, Configurable)
