# SPDX-License-Identifier: Apache-2.0
"""Variables: assignment, reading in traces, copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace, Variable


@pytest.mark.parametrize("shape", [(), (1,), (5,), (1, 1), (3, 1), (1, 17), (20, 33), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool"])
def test_what_is_assigned_is_read(shape, dtype: str) -> None:
    value = (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)
    variable = Variable(np.zeros(shape, dtype))
    variable.assign(value)
    np.testing.assert_array_equal(variable.numpy(), value)
    assert variable.numpy().dtype == dtype
    assert variable.numpy().shape == shape


def test_a_wrong_shape_is_refused_and_changes_nothing() -> None:
    variable = Variable(np.ones((2, 3)), name="kernel")
    with pytest.raises(ValueError, match=r"'kernel'.*\(2, 3\).*\(3, 2\)"):
        variable.assign(np.zeros((3, 2)))
    assert (variable.numpy() == 1).all()


def test_assignments_of_a_trace_happen_at_each_run_and_not_before() -> None:
    variable = Variable(1.0)
    with Trace() as trace:
        x = trace.input(())
        variable.assign(variable * 2.0)
        seen = variable.value + x  # the new value
        program = trace.compile([seen])
    assert float(variable) == 1.0
    assert program.run([np.array(10.0)])[0] == 12.0
    assert program.run([np.array(10.0)])[0] == 14.0
    assert float(variable) == 4.0


def test_copies_and_pickles_are_independent() -> None:
    variable = Variable(np.arange(40.0).reshape(2, 20), name="w", trainable=False)
    for twin in (copy.deepcopy(variable), pickle.loads(pickle.dumps(variable))):
        np.testing.assert_array_equal(twin.numpy(), variable.numpy())
        assert (twin.name, twin.trainable, twin.dtype) == ("w", False, variable.dtype)
        twin.assign(np.zeros((2, 20)))
        assert variable.numpy()[0, 1] == 1


def test_a_copied_model_goes_on_by_itself() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 50, 3)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    twin = copy.deepcopy(model)
    for m in (model, twin):
        m.fit(x, y, epochs=2, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    twin.set_weights([0 * w for w in twin.get_weights()])
    assert any(w.any() for w in model.get_weights())


def test_a_variable_shows_its_value_as_in_keras() -> None:
    variable = Variable([1.0, 2.0], name="w")
    assert repr(variable) == "<Variable path=w, shape=(2,), dtype=float32, value=[1. 2.]>"
