# SPDX-License-Identifier: Apache-2.0
"""Directional derivatives against difference quotients."""

from __future__ import annotations

import numpy as np
import pytest

from pronghorn import ops
from pronghorn.backend import Trace

X, T = np.random.default_rng(0).normal(size=(2, 3, 4))

FUNCTIONS = [
    lambda x: ops.tanh(x) * ops.sum(x, axis=0),
    lambda x: ops.softmax(ops.matmul(x, ops.transpose(x))),
    lambda x: ops.sort(ops.relu(x), axis=0),
    lambda x: ops.svd(x, compute_uv=False),
    lambda x: ops.cumprod(x, axis=1),
    lambda x: ops.max(x, axis=1) ** 3,
]


@pytest.mark.parametrize("index", range(len(FUNCTIONS)))
def test_jvp_is_the_slope_along_a_direction(index: int) -> None:
    function, step = FUNCTIONS[index], 1e-6
    values, changes = ops.jvp(function, (X,), (T,))
    np.testing.assert_array_equal(values, function(X))
    slope = (function(X + step * T).numpy() - function(X - step * T).numpy()) / (2 * step)
    np.testing.assert_allclose(changes, slope, rtol=1e-6, atol=1e-7)


def test_arguments_and_results_may_be_structures() -> None:
    def function(pair, c):
        return {"product": pair[0] * pair[1], "constant": c * 0 + 1, "sum": pair[0] + c}, "more"

    values, changes, more = ops.jvp(function, [(2.0, 3.0), 5.0], [(1.0, 0.5), 7.0], has_aux=True)
    assert more == "more"
    assert {k: float(v) for k, v in values.items()} == {"product": 6, "constant": 1, "sum": 7}
    assert {k: float(v) for k, v in changes.items()} == {"product": 4, "constant": 0, "sum": 8}


def test_jvp_is_traced_and_has_a_gradient() -> None:
    with Trace() as trace:
        x = trace.input((2,), "float64")
        _, changes = ops.jvp(lambda v: v**3, (x,), (ops.ones_like(x),))
        (gradient,) = trace.gradients(ops.sum(changes), [x])
        program = trace.compile([changes, gradient])
    changes, gradient = program.run([np.array([2.0, 3.0])])
    np.testing.assert_allclose(changes, [12, 27], rtol=1e-12)
    np.testing.assert_allclose(gradient, [12, 18], rtol=1e-12)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="same shapes"):
        ops.jvp(ops.square, (np.ones(2),), (np.ones(3),))
