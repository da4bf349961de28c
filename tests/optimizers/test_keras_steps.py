# SPDX-License-Identifier: Apache-2.0
"""Twenty steps of every optimizer as Keras makes them (`fixtures/make_optimizers.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.optimizers.optimizer import OPTIMIZERS

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "optimizer_steps.npz")
META = json.loads(str(KERAS["meta"]))
NAMES = [key.removeprefix("first/") for key in KERAS.files if key.startswith("first/")]
# Muon's iteration multiplies what rounding left in small singular values by up to 3.4 five times.
TOLERANCE = {"Muon": 2e-5}


def flat(variables):
    return np.concatenate([np.ravel(variable.numpy()) for variable in variables])


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("key", META["cases"])
def test_steps_are_those_of_keras(key, traced):
    form = META["cases"][key]
    optimizer = keras.optimizers.deserialize(form)
    if key.endswith("/all"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    variables = [keras.Variable(KERAS[f"first/{name}"], name=name) for name in NAMES]
    gradients = [KERAS[f"gradients/{name}"] for name in NAMES]
    if traced:
        with Trace() as trace:
            optimizer.apply([trace.input(g.shape[1:]) for g in gradients], variables)
            run = trace.compile().run
    else:

        def run(arrays):
            optimizer.apply([keras.ops.convert_to_tensor(a) for a in arrays], variables)

    # 20 steps, each of which rounds a handful of times, of weights up to 3.
    tolerance = TOLERANCE.get(form["class_name"], 5e-6)
    for step in range(20):
        run([g[step] for g in gradients])
        if step + 1 in META["steps"]:
            wanted = KERAS[f"{key}/weights"][META["steps"].index(step + 1)]
            np.testing.assert_allclose(
                flat(variables), wanted, rtol=tolerance, atol=tolerance, err_msg=f"step {step + 1}"
            )
    wanted = KERAS[f"{key}/state"]
    np.testing.assert_allclose(flat(optimizer.variables), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", META["cases"])
def test_configs_are_those_of_keras_in_its_order(key):
    form = META["cases"][key]
    assert json.dumps(keras.optimizers.serialize(keras.optimizers.deserialize(form))) == json.dumps(
        form
    )


def test_every_optimizer_is_recorded():
    recorded = {form["class_name"] for form in META["cases"].values()}
    assert recorded == set(OPTIMIZERS.members) - {"MultiOptimizer", "OptimizerMap"}
