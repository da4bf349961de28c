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


def cosines(w, mode="rows"):
    """Mean |cosine| of the angles between all pairs of rows or columns."""
    w = w if mode == "rows" else w.T
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    return np.mean(np.abs(w @ w.T)[np.triu_indices(len(w), 1)])


def slope(function, w, h=1e-6):
    """Central differences."""
    steps = h * np.eye(w.size).reshape(-1, *w.shape)
    return np.array([(function(w + s) - function(w - s)) / (2 * h) for s in steps]).reshape(w.shape)


# name -> arguments, penalty, its gradient
CASES = {
    "L1": ({"l1": 0.1}, lambda w: 0.1 * np.abs(w).sum(), lambda w: 0.1 * np.sign(w)),
    "L2": ({"l2": 0.1}, lambda w: 0.1 * (w * w).sum(), lambda w: 0.2 * w),
    "L1L2": (
        {"l1": 0.1, "l2": 0.2},
        lambda w: 0.1 * np.abs(w).sum() + 0.2 * (w * w).sum(),
        lambda w: 0.1 * np.sign(w) + 0.4 * w,
    ),
    "OrthogonalRegularizer": (
        {"factor": 0.1, "mode": "rows"},
        lambda w: 0.1 * cosines(w),
        lambda w: slope(lambda v: 0.1 * cosines(v), w.astype("float64")),
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
    value, got = program.run([])
    recorded = RECORDED["Orth_rows" if name == "OrthogonalRegularizer" else name]
    assert value == pytest.approx(recorded, rel=1e-6)
    assert value == pytest.approx(penalty(W.astype("float64")), rel=1e-6)
    np.testing.assert_allclose(got, gradient(W), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", REGULARIZERS.members)
def test_configs_go_there_and_back(name):
    regularizer = REGULARIZERS.members[name](**CASES[name][0])
    form = json.loads(json.dumps(keras.regularizers.serialize(regularizer)))
    assert form["config"] == CASES[name][0]
    assert keras.regularizers.deserialize(form).get_config() == form["config"]


def test_orthogonality_of_columns():
    regularizer = keras.regularizers.OrthogonalRegularizer(0.1, "columns")
    assert float(regularizer(W)) == pytest.approx(RECORDED["Orth_columns"], rel=1e-6)
    assert float(regularizer(W)) == pytest.approx(0.1 * cosines(W, "columns"), rel=1e-6)
    with pytest.raises(ValueError, match=r"\(3,\)"):
        regularizer(np.ones(3))
    with pytest.raises(ValueError, match="mode='diagonals'"):
        keras.regularizers.OrthogonalRegularizer(mode="diagonals")


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
