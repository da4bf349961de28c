# SPDX-License-Identifier: Apache-2.0
"""What graphs leave out because a simpler node says the same."""

from __future__ import annotations

import numpy as np
import pytest

from pronghorn import _core, ops
from pronghorn.backend import Trace

RNG = np.random.default_rng(0)
X, WEIGHTS = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 5))


def _loss(x, axes):
    """Depends on x by its variance, and on its mean only by way of that."""
    variance = ops.mean(ops.square(x - ops.mean(x, axes, keepdims=True)), axes, keepdims=True)
    return ops.sum(ops.sqrt(variance) * WEIGHTS)


def _gradient_program(axes: tuple[int, ...]) -> _core.Program:
    with Trace() as trace:
        node = trace.input(X.shape, "float64")
        (gradient,) = trace.gradients(_loss(node, axes), [node])
        return trace.compile([gradient])


@pytest.mark.parametrize(("axes", "steps"), [((0,), 3), ((1,), 3), ((0, 1), 5)])
def test_no_gradient_is_summed_on_its_way_through_the_mean_of_a_variance(axes, steps) -> None:
    program = _gradient_program(axes)
    # That of x for the mean, of the squares and of the weights; over panels in two steps.
    assert program.describe().count("\n  sum") == steps
    (gradient,) = program.run([X])
    deviations = X - X.mean(axes, keepdims=True)
    deviation = np.sqrt((deviations**2).mean(axes, keepdims=True))
    n = X.size // deviation.size
    expected = WEIGHTS.sum(axes, keepdims=True) * deviations / (n * deviation)
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)


def test_second_derivatives_go_through_the_mean() -> None:
    x = RNG.normal(size=(4, 1))
    with Trace() as trace:
        node = trace.input(x.shape, "float64")
        variance = ops.sum(ops.square(node - ops.mean(node, (0,), keepdims=True)))
        (first,) = trace.gradients(variance, [node])
        rows = [trace.gradients(ops.sum(first[i]), [node])[0] for i in range(len(x))]
        hessian = np.concatenate(trace.compile(rows).run([x]), axis=1)
    np.testing.assert_allclose(hessian, 2 * (np.eye(4) - 0.25), atol=1e-14)


def test_a_nan_among_deviations_stays() -> None:
    x = X.copy()
    x[2, 3] = np.nan
    (gradient,) = _gradient_program((0,)).run([x])
    assert np.isnan(gradient[:, 3]).all()
    assert np.isfinite(np.delete(gradient, 3, axis=1)).all()


def test_a_sum_of_deviations_that_somebody_asks_for_is_computed() -> None:
    x = np.where(np.eye(6, 5) > 0, np.nan, X)
    with Trace() as trace:
        node = trace.input(x.shape, "float64")
        total = ops.sum(node - ops.mean(node, (0,), keepdims=True), (0,))
        assert np.isnan(trace.compile([total]).run([x])[0]).all()


@pytest.mark.parametrize("other", [(6, 5), (6, 1)])
def test_sums_of_what_does_not_cancel_are_computed(other) -> None:
    """Deviations times something that changes along the axis; deviations from another mean."""
    factor = RNG.normal(size=other)
    with Trace() as trace:
        node = trace.input(X.shape, "float64")
        mean = ops.mean(node, (0,), keepdims=True)
        loss = ops.sum(ops.square((node - mean) * factor) + (node - mean * 0.5) * factor)
        (gradient,) = trace.gradients(loss, [node])
        value = trace.compile([gradient]).run([X])[0]
    center = np.eye(6) - 1 / 6
    through_square = center @ (2 * (X - X.mean(0)) * factor**2)
    np.testing.assert_allclose(value, through_square + _halfway(factor), rtol=0, atol=1e-13)


def _halfway(factor: np.ndarray) -> np.ndarray:
    whole = np.broadcast_to(factor, X.shape)
    return whole - 0.5 * whole.mean(0)


def test_what_is_the_same_everywhere_is_computed_once() -> None:
    with Trace() as trace:
        number = trace.input((), "float32")
        repeated = ops.broadcast_to(number, (30, 4))
        result = ops.exp(repeated * 2.0)
        value = trace.compile([result]).run([np.array(0.5, "float32")])[0]
    shapes = [trace.graph.shape(n) for n in range(len(trace.graph)) if trace.graph.op(n) == "exp"]
    assert shapes == [()]
    np.testing.assert_allclose(value, np.full((30, 4), np.e), rtol=1e-6)
