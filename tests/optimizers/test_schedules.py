# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.optimizers.schedules.learning_rate_schedule import SCHEDULES

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
CASES = json.loads(str(KERAS["meta"]))["schedules"]
RECORDED = list(CASES)


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


@pytest.mark.parametrize("first", [1, 3, 4, 7])
@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0, 10.0])
def test_restarts_come_at_the_right_steps(first, t_mul):
    schedule = keras.optimizers.schedules.CosineDecayRestarts(1.0, first, t_mul, 0.9, 0.1)
    period, begin = 0, Fraction(0)
    for step in range(100):
        length = first * Fraction(t_mul) ** period
        if step >= begin + length:
            period, begin = period + 1, begin + length
            length *= Fraction(t_mul)
        share = 0.9**period * (1 + math.cos(math.pi * (step - begin) / length)) / 2
        assert float(schedule(step)) == pytest.approx(0.9 * share + 0.1, abs=1e-6)


def test_a_polynomial_can_go_on_in_cycles():
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0, cycle=True)
    assert [float(schedule(step)) for step in (0, 3, 4, 5, 8, 9)] == pytest.approx(
        [1.0, 0.25, 0.0, 3 / 8, 0.0, 1 / 4]
    )


def test_warming_up_ends_where_the_cosine_begins():
    schedule = keras.optimizers.schedules.CosineDecay(0.25, 8, 0.5, "cosine", 1.0, 4)
    rates = [float(schedule(step)) for step in (0, 2, 4, 8, 12, 99)]
    assert rates == pytest.approx([0.25, 0.625, 1.0, 0.75, 0.5, 0.5])
    schedule = keras.optimizers.schedules.CosineDecay(0.25, 8, warmup_target=1.0)
    assert float(schedule(0)) == 1.0


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
    with pytest.raises(ValueError, match="decay_steps=-1"):
        schedules.PolynomialDecay(0.1, -1)
    with pytest.raises(ValueError, match="decay_steps=0"):
        schedules.CosineDecay(0.1, 0)
    with pytest.raises(ValueError, match="warmup_steps=-1"):
        schedules.CosineDecay(0.1, 1, warmup_steps=-1)
    with pytest.raises(ValueError, match="first_decay_steps=0"):
        schedules.CosineDecayRestarts(0.1, 0)
    with pytest.raises(ValueError, match="t_mul=0.5"):
        schedules.CosineDecayRestarts(0.1, 1, 0.5)
