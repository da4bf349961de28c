# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.constraints.constraints import CONSTRAINTS

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
CASES = {
    "MaxNorm": ("MaxNorm", {"max_value": 2.0}),
    "MaxNorm_axis1": ("MaxNorm", {"max_value": 1.0, "axis": 1}),
    "MinMaxNorm": ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.0, "rate": 0.7}),
    "NonNeg": ("NonNeg", {}),
    "UnitNorm": ("UnitNorm", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras(case):
    name, arguments = CASES[case]
    constraint = CONSTRAINTS.members[name](**arguments)
    constrained = constraint(keras.Variable(KERAS["matrix"]))
    np.testing.assert_allclose(constrained, KERAS[f"constraint_{case}"], rtol=2e-7)


@pytest.mark.parametrize("name", CONSTRAINTS.members)
def test_every_constraint_has_a_case_and_a_config(name):
    arguments = next(a for n, a in CASES.values() if n == name)
    constraint = CONSTRAINTS.members[name](**arguments)
    again = keras.constraints.deserialize(
        json.loads(json.dumps(keras.constraints.serialize(constraint)))
    )
    assert type(again) is type(constraint)
    assert again.get_config() == constraint.get_config()
    assert arguments.items() <= constraint.get_config().items()


def test_lengths_over_several_axes():
    w = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
    unit = np.asarray(keras.constraints.UnitNorm(axis=[0, 2])(w))
    np.testing.assert_allclose(np.sqrt((unit**2).sum((0, 2))), np.ones(4), rtol=1e-6)


def test_zero_weights_stay_zero():
    zeros = np.zeros((2, 3), "float32")
    for name in CONSTRAINTS.members:
        np.testing.assert_array_equal(CONSTRAINTS.members[name]()(zeros), zeros)


def test_names():
    assert isinstance(keras.constraints.get("max_norm"), keras.constraints.MaxNorm)
    assert keras.constraints.max_norm(1.0).max_value == 1.0
    assert keras.constraints.get(None) is None
    with pytest.raises(ValueError, match="Did you mean 'non_neg'"):
        keras.constraints.get("nonneg")
