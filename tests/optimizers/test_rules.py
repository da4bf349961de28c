# SPDX-License-Identifier: Apache-2.0
"""Optimizers against their rules as the papers have them, restated in float64."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.optimizers.optimizer import OPTIMIZERS

CLASSES = {
    n: c for n, c in OPTIMIZERS.members.items() if n not in ("MultiOptimizer", "OptimizerMap")
}


# state, gradient, weight, step 1, 2, ... -> new weight; the learning rate is 0.1.
def sgd(state, g, v, t, momentum=0.0, nesterov=False):
    u = state["u"] = momentum * state.get("u", 0) - 0.1 * g
    return v + (momentum * u - 0.1 * g if nesterov else u)


def rmsprop(state, g, v, t, momentum=0.0, centered=False):
    s = state["s"] = 0.9 * state.get("s", 0) + 0.1 * g * g
    if centered:
        a = state["a"] = 0.9 * state.get("a", 0) + 0.1 * g
        s = s - a * a
    u = state["u"] = momentum * state.get("u", 0) + 0.1 * g / np.sqrt(s + 1e-7)
    return v - u


def moments(state, g):
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    s = state["s"] = 0.999 * state.get("s", 0) + 0.001 * g * g
    return m, s


def adam(state, g, v, t, amsgrad=False):
    m, s = moments(state, g)
    if amsgrad:
        s = state["max"] = np.maximum(state.get("max", 0), s)
    return v - 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(s) + 1e-7)


def adamw(state, g, v, t, weight_decay=0.004):
    return adam(state, g, v * (1 - 0.1 * weight_decay), t)


def adamax(state, g, v, t):
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    u = state["u"] = np.maximum(0.999 * state.get("u", 0), np.abs(g))
    return v - 0.1 * m / ((1 - 0.9**t) * (u + 1e-7))


def nadam(state, g, v, t):
    m, s = moments(state, g)
    b = [0.9 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    look = b[-1] * m / (1 - np.prod(b)) + (1 - b[-2]) * g / (1 - np.prod(b[:-1]))
    return v - 0.1 * look / (np.sqrt(s / (1 - 0.999**t)) + 1e-7)


def adagrad(state, g, v, t, initial_accumulator_value=0.1):
    a = state["a"] = state.get("a", initial_accumulator_value) + g * g
    return v - 0.1 * g / np.sqrt(a + 1e-7)


def adadelta(state, g, v, t):
    a = state["a"] = 0.95 * state.get("a", 0) + 0.05 * g * g
    step = g * np.sqrt(state.get("d", 0) + 1e-7) / np.sqrt(a + 1e-7)
    state["d"] = 0.95 * state.get("d", 0) + 0.05 * step * step
    return v - 0.1 * step


def ftrl(state, g, v, t, l1_regularization_strength=0.0, beta=0.0):
    n = state.get("n", 0.1)
    state["n"] = n + g * g
    sigma = (np.sqrt(state["n"]) - np.sqrt(n)) / 0.1
    z = state["z"] = state.get("z", 0) + g - sigma * v
    shrunk = np.sign(z) * np.maximum(np.abs(z) - l1_regularization_strength, 0)
    return -shrunk / ((beta + np.sqrt(state["n"])) / 0.1)


def lion(state, g, v, t):
    m = state.get("m", 0)
    state["m"] = 0.99 * m + 0.01 * g
    return v - 0.1 * np.sign(0.9 * m + 0.1 * g)


def lamb(state, g, v, t):
    m, s = moments(state, g)
    u = m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7)
    return v - 0.1 * np.linalg.norm(v) / np.linalg.norm(u) * u


def adafactor(state, g, v, t, epsilon_2=0.001):
    beta, square = 1 - t**-0.8, g * g + 1e-30
    r = state["r"] = beta * state.get("r", 0) + (1 - beta) * square.mean(1)
    c = state["c"] = beta * state.get("c", 0) + (1 - beta) * square.mean(0)
    u = g / np.sqrt(np.outer(r, c) / r.mean())
    u = u / max(1, np.sqrt(np.mean(u * u)))
    return v - max(epsilon_2, np.sqrt(np.mean(v * v))) * min(0.1, t**-0.5) * u


def muon(state, g, v, t, weight_decay=0.004, nesterov=True):
    m = state["m"] = 0.95 * state.get("m", 0) + g
    # On the singular values of X the iteration is an odd polynomial, and X X^T needs no care.
    u, values, vt = np.linalg.svd(g + 0.95 * m if nesterov else m, full_matrices=False)
    values = values / np.linalg.norm(values)
    for _ in range(5):
        values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
    step = (u * values) @ vt * np.sqrt(max(g.shape)) * 0.2
    return v * (1 - 0.1 * weight_decay) - 0.1 * step


def schedule_free(state, g, y, t, warmup_steps=0, weight_decay=0.0):
    z, x = state.get("z", y), state.get("x", y)
    _, s = moments(state, g)
    rate = 0.1 * min(1, t / warmup_steps) if warmup_steps else 0.1
    z = state["z"] = z - rate * (g / (np.sqrt(s / (1 - 0.999**t)) + 1e-8) + weight_decay * y)
    x = state["x"] = (1 - 1 / t) * x + z / t
    return 0.1 * z + 0.9 * x


RULES = [
    ("SGD", sgd, {}),
    ("SGD", sgd, {"momentum": 0.8}),
    ("SGD", sgd, {"momentum": 0.8, "nesterov": True}),
    ("RMSprop", rmsprop, {}),
    ("RMSprop", rmsprop, {"momentum": 0.5}),
    ("RMSprop", rmsprop, {"centered": True, "momentum": 0.5}),
    ("Adam", adam, {}),
    ("Adam", adam, {"amsgrad": True}),
    ("AdamW", adamw, {}),
    ("AdamW", adamw, {"weight_decay": 0.5}),
    ("Adamax", adamax, {}),
    ("Nadam", nadam, {}),
    ("Adagrad", adagrad, {}),
    ("Adagrad", adagrad, {"initial_accumulator_value": 0.5}),
    ("Adadelta", adadelta, {}),
    ("Ftrl", ftrl, {}),
    ("Ftrl", ftrl, {"l1_regularization_strength": 2.0, "beta": 0.5}),
    ("Lion", lion, {}),
    ("Lamb", lamb, {}),
    ("Adafactor", adafactor, {}),
    ("Adafactor", adafactor, {"epsilon_2": 5.0}),
    ("Muon", muon, {}),
    ("Muon", muon, {"nesterov": False, "weight_decay": None}),
    ("ScheduleFreeAdamW", schedule_free, {}),
    ("ScheduleFreeAdamW", schedule_free, {"warmup_steps": 3, "weight_decay": 0.5}),
]


def follows_rule(name, rule, arguments, traced, dtype):
    """The optimizer's weights and those of the rule after five steps."""
    rng = np.random.default_rng(4)
    start = rng.normal(size=(3, 2)).astype(dtype)
    gradients = rng.normal(size=(5, 3, 2)).astype(dtype)
    weight = keras.Variable(start)
    optimizer = CLASSES[name](0.1, **arguments)
    expected, state = start.astype("float64"), {}
    if traced:
        with Trace() as trace:
            optimizer.apply([trace.input((3, 2), dtype)], [weight])
            program = trace.compile()
    given = {key: value or 0.0 for key, value in arguments.items()}
    for t, g in enumerate(gradients, 1):
        if traced:
            program.run([g])
        else:
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(g), weight)])
        expected = rule(state, g.astype("float64"), expected, t, **given)
    return weight, expected


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(("name", "rule", "arguments"), RULES)
def test_steps_are_the_rule(name, rule, arguments, traced):
    weight, expected = follows_rule(name, rule, arguments, traced, "float32")
    # 1 - 0.999^t in float32 is off by up to 6e-8 / 1e-3, its root by half of that.
    np.testing.assert_allclose(weight.numpy(), expected, rtol=5e-5, atol=5e-6)


@pytest.mark.parametrize(("name", "rule", "arguments"), RULES)
def test_float64_weights_are_updated_in_float64(name, rule, arguments):
    weight, expected = follows_rule(name, rule, arguments, True, "float64")
    assert weight.dtype == "float64"
    assert (weight.numpy() != weight.numpy().astype("float32")).any()
    # The learning rate and what depends on the step alone are float32.
    np.testing.assert_allclose(weight.numpy(), expected, rtol=5e-5, atol=5e-6)


def test_every_optimizer_has_a_rule():
    assert {name for name, _, _ in RULES} == set(CLASSES)
