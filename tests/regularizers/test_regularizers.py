# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.regularizers.regularizers import REGULARIZERS

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
RECORDED = json.loads(str(KERAS["meta"]))["regularizers"]
W = KERAS["matrix"]
# name -> arguments, penalty, its gradient
CASES = {
    "L1": ({"l1": 0.1}, lambda w: 0.1 * np.abs(w).sum(), lambda w: 0.1 * np.sign(w)),
    "L2": ({"l2": 0.1}, lambda w: 0.1 * (w * w).sum(), lambda w: 0.2 * w),
    "L1L2": (
        {"l1": 0.1, "l2": 0.2},
        lambda w: 0.1 * np.abs(w).sum() + 0.2 * (w * w).sum(),
        lambda w: 0.1 * np.sign(w) + 0.4 * w,
    ),
}


@pytest.mark.parametrize("name", REGULARIZERS.members)
def test_penalty_and_gradient(name):
    arguments, penalty, gradient = CASES[name]
    regularizer = REGULARIZERS.members[name](**arguments)
    with Trace() as trace:
        w = keras.Variable(W)
        value = regularizer(w)
        program = trace.compile([value, *trace.gradients(value, [w])])
    value, slope = program.run([])
    assert value == pytest.approx(RECORDED[name], rel=1e-6)
    assert value == pytest.approx(penalty(W.astype("float64")), rel=1e-6)
    np.testing.assert_allclose(slope, gradient(W), rtol=1e-6)


@pytest.mark.parametrize("name", REGULARIZERS.members)
def test_configs_go_there_and_back(name):
    regularizer = REGULARIZERS.members[name](**CASES[name][0])
    form = json.loads(json.dumps(keras.regularizers.serialize(regularizer)))
    assert form["config"] == CASES[name][0]
    assert keras.regularizers.deserialize(form).get_config() == form["config"]


def test_names():
    assert keras.regularizers.get("l2").l2 == 0.01
    assert keras.regularizers.get("L1").l1 == 0.01
    assert keras.regularizers.get("l1l2").l1 == 0.0
    assert keras.regularizers.l2(0.5).l2 == 0.5
    assert keras.regularizers.l1_l2(l1=0.5).l1 == 0.5
    assert keras.regularizers.get(None) is None
    with pytest.raises(ValueError, match="Unknown regularizer: 'l1_l2'"):
        keras.regularizers.get("l1_l2")  # not a string name in Keras either


@pytest.mark.parametrize("factor", [-0.1, float("nan"), "0.1"])
def test_factors_that_make_no_sense(factor):
    with pytest.raises(ValueError, match="`l2` must be a number"):
        keras.regularizers.L2(factor)
