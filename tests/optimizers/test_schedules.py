# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.optimizers.schedules.learning_rate_schedule import SCHEDULES

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
CASES = json.loads(str(KERAS["meta"]))["schedules"]
RECORDED = [key for key, case in CASES.items() if case["cls"] in SCHEDULES.members]


def made(key):
    case = CASES[key]
    return SCHEDULES.members[case["cls"]](*case["args"], **case["kwargs"])


@pytest.mark.parametrize("key", RECORDED)
def test_rates_are_those_of_keras(key):
    schedule, expected = made(key), CASES[key]["values"]
    rates = [float(schedule(step)) for step in range(len(expected))]
    np.testing.assert_allclose(rates, expected, rtol=3e-7)  # a few roundings of float32


@pytest.mark.parametrize("key", RECORDED)
def test_a_traced_schedule_follows_the_iterations(key):
    schedule, expected = made(key), CASES[key]["values"]
    optimizer = keras.optimizers.SGD(schedule)
    assert len(optimizer.variables) == 1  # no learning rate beside the iteration
    weight = keras.Variable([0.0])
    with Trace() as trace:
        optimizer.apply([keras.ops.convert_to_tensor([-1.0])], [weight])
        program = trace.compile()
    for step in range(12):
        assert float(optimizer.learning_rate) == pytest.approx(expected[step], rel=1e-6)
        program.run([])
    assert weight.numpy() == pytest.approx(sum(expected[:12]), rel=1e-6)
    with pytest.raises(TypeError, match="cannot be set"):
        optimizer.learning_rate = 0.1


@pytest.mark.parametrize("name", SCHEDULES.members)
def test_every_schedule_is_recorded_and_has_a_config(name):
    schedule = made(next(key for key in RECORDED if CASES[key]["cls"] == name))
    optimizer = keras.optimizers.SGD(schedule)
    form = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    assert form["config"]["learning_rate"]["module"] == "keras.optimizers.schedules"
    again = keras.optimizers.deserialize(form)
    assert again.get_config() == optimizer.get_config()


def test_a_schedule_of_the_user():
    class Root(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, first):
            self.scale = first  # not under the name of the argument

        def __call__(self, step):
            return self.scale / keras.ops.sqrt(step + 1)

    optimizer = keras.optimizers.SGD(Root(0.5))
    weight, gradient = keras.Variable([0.0]), keras.ops.convert_to_tensor([-1.0])
    for _ in range(4):
        optimizer.apply([gradient], [weight])
    assert weight.numpy() == pytest.approx(0.5 * (1 + 2**-0.5 + 3**-0.5 + 0.5))
    form = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(form, custom_objects={"Root": Root})
    assert float(again.learning_rate) == 0.5


def test_mistakes():
    schedules = keras.optimizers.schedules
    with pytest.raises(ValueError, match="decay_steps=0"):
        schedules.ExponentialDecay(0.1, 0, 0.5)
    with pytest.raises(ValueError, match=r"values=\[1.0\]"):
        schedules.PiecewiseConstantDecay([1], [1.0])
