# SPDX-License-Identifier: Apache-2.0
"""Pairs of elementwise operations that run as one kernel: their values, and what may not move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pronghorn import ops
from pronghorn.backend import Trace, Variable

Formula = Callable[[Any, Any, Any], Any]
FORMULAS: dict[str, tuple[Formula, str]] = {
    "product and sum": (lambda x, y, z: x * y + z, "fma"),
    "sum and product": (lambda x, y, z: z + x * y, "fma"),
    "difference of a product": (lambda x, y, z: z - x * y, "fnma"),
    "two products": (lambda x, y, z: x * y + y * z, "fma"),
    "running mean": (lambda x, y, z: y + (x - y) * z, "approach"),
    "running mean, other order": (lambda x, y, z: z * (x - y) + y, "approach"),
    "not a running mean": (lambda x, y, z: x + (x - y) * z, "subtract"),
    "root and quotient": (lambda x, y, z: z / (root(x) + y), "divide_by_sqrt"),
    "running mean of squares": (lambda x, y, z: y + (x * x - y) * z, "approach"),
    "running mean of a square": (lambda x, y, z: y + (square(x) - y) * z, "approach_square"),
    "step of an optimizer": (lambda x, y, z: x - y * (z / (root(x) + y)), "step_by_sqrt"),
    "step, other order": (lambda x, y, z: x - (z / (root(x) + y)) * y, "step_by_sqrt"),
    "root of itself": (lambda x, y, z: root(x) + x, "add_to_sqrt"),
}


def root(x: Any) -> Any:
    return np.sqrt(x) if isinstance(x, np.ndarray) else ops.sqrt(x)


def square(x: Any) -> Any:
    return np.square(x) if isinstance(x, np.ndarray) else ops.square(x)


def arrays() -> list[np.ndarray]:
    return list(np.random.default_rng(0).uniform(0.5, 2, size=(3, 37, 5)).astype("float32"))


@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_those_of_the_formula(name: str) -> None:
    formula, instruction = FORMULAS[name]
    x, y, z = arrays()
    with Trace() as trace:
        program = trace.compile([formula(*(trace.input(a.shape, "float32") for a in (x, y, z)))])
    assert f"= {instruction} " in program.describe()
    (got,) = program.run([x, y, z])
    expected = formula(*(a.astype("float64") for a in (x, y, z)))
    # At most four roundings of numbers below 8.
    np.testing.assert_allclose(got, expected, rtol=0, atol=4 * 8 * 2.0**-24)


def test_a_product_that_is_needed_elsewhere_is_not_folded() -> None:
    x, y, z = arrays()
    with Trace() as trace:
        a, b, c = (trace.input(v.shape, "float32") for v in (x, y, z))
        program = trace.compile([a * b + c, a * b])
    total, product = program.run([x, y, z])
    np.testing.assert_array_equal(product, x * y)
    np.testing.assert_array_equal(total, x * y + z)


def test_an_old_value_is_read_before_it_is_overwritten() -> None:
    """Combining moves the reading of a product's factors behind the assignment in between."""
    x, y, z = arrays()
    state = Variable(x, trainable=False)
    with Trace() as trace:
        b, c = (trace.input(v.shape, "float32") for v in (y, z))
        product = state * b
        state.assign(state + c)
        program = trace.compile([product - state, c - product])
    first, second = program.run([y, z])
    new = x + z
    np.testing.assert_allclose(state.numpy(), new, rtol=1e-7)
    np.testing.assert_allclose(first, x.astype("float64") * y - new, atol=8 * 2.0**-23)
    np.testing.assert_allclose(second, z - x.astype("float64") * y, atol=8 * 2.0**-23)


def test_a_variable_is_swapped_with_another() -> None:
    x, y, _ = arrays()
    one, two = Variable(x, trainable=False), Variable(y, trainable=False)
    with Trace() as trace:
        a, b = one + 0.0, two + 0.0
        one.assign(b * 2.0)
        two.assign(a * 3.0)
        program = trace.compile([])
    program.run([])
    np.testing.assert_array_equal(one.numpy(), y * 2)
    np.testing.assert_array_equal(two.numpy(), x * 3)


def steps(program: Any) -> int:
    return program.describe().count("tasks=")


def test_chains_that_meet_are_one_step() -> None:
    x, y, _ = (np.tile(a, (10, 1)) for a in arrays())
    a, b, result = (Variable(v, trainable=False) for v in (x, y, x))
    with Trace() as trace:
        result.assign((a * 2.0) * ops.exp(b * 3.0))
        program = trace.compile([])
    assert steps(program) == 1
    program.run([])
    expected = 2 * x.astype("float64") * np.exp(3 * y.astype("float64"))
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_chains_that_meet_stay_apart_if_a_sum_lies_between_them() -> None:
    x, y, _ = arrays()
    a, b, result = (Variable(v, trainable=False) for v in (x, y, x))
    with Trace() as trace:
        first = a * 2.0
        result.assign(first * ops.exp(b * 3.0 - ops.max(first)))
        program = trace.compile([])
    program.run([])
    expected = 2 * x * np.exp(3 * y.astype("float64") - 2 * x.max())
    np.testing.assert_allclose(result.numpy(), expected, rtol=4e-6)


def test_what_is_assigned_under_another_shape_is_not_copied() -> None:
    x, _, _ = arrays()
    weight, result = (Variable(x, trainable=False) for _ in range(2))
    with Trace() as trace:
        result.assign(ops.transpose(ops.softmax(ops.transpose(weight), axis=-1)))
        program = trace.compile([])
    assert steps(program) == 1
    program.run([])
    powers = np.exp(x.astype("float64"))
    np.testing.assert_allclose(result.numpy(), powers / powers.sum(0), rtol=1e-6)
