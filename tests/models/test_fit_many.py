# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import pronghorn as keras

X = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")
Y = X[:, :1] * X[:, 1:2]


def model(number: int = 0) -> keras.Sequential:
    """Models that differ in width, rate, dropout, and in whether they have weights yet."""
    keras.utils.set_random_seed(number)
    layers: list[Any] = [
        keras.layers.Dense(4 + 3 * number, "tanh"),
        keras.layers.Dropout(0.1 * (number % 3)),
        keras.layers.Dense(1),
    ]
    net = keras.Sequential([keras.Input((6,)), *layers] if number % 2 else layers)
    net.compile(keras.optimizers.Adam(0.002 * (1 + number)), "mse", metrics=["mae"])
    return net


def own_arguments(number: int) -> dict[str, Any]:
    stop = keras.callbacks.EarlyStopping(
        "loss", patience=number % 4, restore_best_weights=True, min_delta=0.01
    )
    rows = 60 + 10 * number
    return {"x": X[:rows], "y": Y[:rows], "batch_size": 8 + number, "callbacks": [stop]}


def assert_same(a: keras.Model, b: keras.Model) -> None:
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("workers", [1, 2, 5, None])
def test_each_model_is_the_one_its_own_fit_makes(workers: int | None) -> None:
    alone, histories = [model(i) for i in range(6)], []
    for i, net in enumerate(alone):
        keras.utils.set_random_seed(100 + i)
        histories.append(net.fit(epochs=12, verbose=0, **own_arguments(i)).history)
    nets = [model(i) for i in range(6)]
    got = keras.models.fit_many(
        nets,
        each=[own_arguments(i) for i in range(6)],
        seeds=[100 + i for i in range(6)],
        epochs=12,
        workers=workers,
    )
    assert [history.history for history in got] == histories
    assert len({len(history["loss"]) for history in histories}) > 1  # some have stopped early
    for a, b in zip(nets, alone, strict=True):
        assert_same(a, b)


def test_without_seeds_the_global_one_fixes_all() -> None:
    def run() -> list[keras.Model]:
        nets = [model(i) for i in range(4)]
        keras.utils.set_random_seed(7)
        keras.models.fit_many(nets, X, Y, epochs=2)
        return nets

    for a, b in zip(run(), run(), strict=True):
        assert_same(a, b)


def test_models_train_at_the_same_time_with_one_thread_each() -> None:
    together, threads = threading.Barrier(3, timeout=60), []

    class Meet(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            together.wait()
            threads.append(keras.config.num_threads())

    each = [{"callbacks": Meet()} for _ in range(3)]
    keras.models.fit_many([model(i) for i in range(3)], X, Y, each=each, workers=3)
    assert threads == [1, 1, 1]


def test_an_error_of_one_stops_the_others_and_is_raised() -> None:
    nets = [model(1), model(3), model(5)]
    begun = threading.Event()

    class Wait(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            begun.set()

    class Fail(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            assert begun.wait(60)
            raise ZeroDivisionError("mine")

    each = [{"callbacks": [Wait()]}, {"callbacks": [Fail()]}, {}]
    with pytest.raises(ZeroDivisionError, match="mine"):
        keras.models.fit_many(nets, X, Y, each=each, epochs=10**9, workers=2)
    assert nets[0].optimizer.iterations.numpy() > 0
    assert nets[1].optimizer.iterations.numpy() == 0
    nets[0].fit(X, Y, verbose=0)


def test_custom_objects_of_the_caller_are_known() -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    known = []

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            known.append(keras.activations.get("twice") is twice)

    with keras.saving.custom_object_scope({"twice": twice}):
        keras.models.fit_many([model()], X, Y, each=[{"callbacks": [Look()]}])
    assert known == [True]


def test_nothing_to_do_is_done() -> None:
    assert keras.models.fit_many([], X, Y) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"each": [{}]}, "`each` must have one entry per model, 2. Received: 1"),
        ({"seeds": [1, 2, 3]}, "`seeds` must have one entry per model, 2. Received: 3"),
        ({"workers": 0}, "`workers` must be a positive int. Received: workers=0"),
        ({"callbacks": [keras.callbacks.History()]}, "Give each model its own"),
    ],
)
def test_arguments_that_do_not_fit_are_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        keras.models.fit_many([model(1), model(3)], X, Y, **arguments)


def test_a_model_that_is_there_twice_is_an_error() -> None:
    net = model()
    with pytest.raises(ValueError, match="one of them is there twice"):
        keras.models.fit_many([net, net], X, Y)
