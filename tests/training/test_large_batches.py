# SPDX-License-Identifier: Apache-2.0
"""A large batch goes through narrow layers a few rows at a time: nothing of that may show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import pronghorn as keras

WIDTHS = (6, 24, 40, 16, 3)
LEARNING_RATE = 0.5


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    keras.config.set_num_threads(request.param)
    yield request.param
    keras.config.set_num_threads(None)


def network() -> keras.Sequential:
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(width, "tanh") for width in WIDTHS[1:-1]]
    return keras.Sequential([keras.Input(WIDTHS[:1]), *layers, keras.layers.Dense(WIDTHS[-1])])


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(rows)
    return (
        random.normal(size=(rows, WIDTHS[0])).astype("float32"),
        random.normal(size=(rows, WIDTHS[-1])).astype("float32"),
    )


def forward(weights: list[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """What each layer gives, in float64; the input first."""
    values = [x.astype("float64")]
    for i in range(0, len(weights), 2):
        z = values[-1] @ weights[i] + weights[i + 1]
        values.append(z if i + 2 == len(weights) else np.tanh(z))
    return values


def step(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """The weights after a step of gradient descent on the mean squared error, in float64."""
    values = forward(weights, x)
    delta = 2 * (values[-1] - y) / y.size
    after: list[np.ndarray] = []
    for i in reversed(range(0, len(weights), 2)):
        before = values[i // 2]
        new = [weights[i] - LEARNING_RATE * before.T @ delta]
        new += [weights[i + 1] - LEARNING_RATE * delta.sum(axis=0)]
        after = new + after
        delta = delta @ weights[i].T * (1 - before**2)
    return after


@pytest.mark.parametrize("rows", [530, 1000, 4099])
def test_a_step_is_that_of_float64(threads: int, rows: int) -> None:
    model = network()
    model.compile(keras.optimizers.SGD(LEARNING_RATE), "mse")
    weights = [w.astype("float64") for w in model.get_weights()]
    x, y = data(rows)
    for _ in range(3):  # the first step finds memory as it was allocated, later ones used memory
        weights = step(weights, x, y)
        model.train_on_batch(x, y)
    for mine, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("rows", [530, 4099])
def test_a_row_is_predicted_the_same_alone_among_many(threads: int, rows: int) -> None:
    model = network()
    x, _ = data(rows)
    at_once = model.predict(x, batch_size=rows, verbose=0)
    weights = [w.astype("float64") for w in model.get_weights()]
    np.testing.assert_allclose(at_once, forward(weights, x)[-1], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(at_once, model.predict(x, batch_size=32, verbose=0))


def test_threads_do_not_change_a_bit() -> None:
    x, y = data(4099)
    results = []
    try:
        for count in (1, 2, 3):
            keras.config.set_num_threads(count)
            model = network()
            model.compile(keras.optimizers.Adam(0.01), "mse")
            model.fit(x, y, batch_size=4099, epochs=4, shuffle=False, verbose=0)
            results.append(model.get_weights())
    finally:
        keras.config.set_num_threads(None)
    for other in results[1:]:
        for one, same in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, same)
