# SPDX-License-Identifier: Apache-2.0
"""Models and threads: what may be done at the same time, and what is an error."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import pronghorn as keras

GENERATOR = np.random.default_rng(5)
X = GENERATOR.normal(size=(600, 20)).astype("float32")
Y = X[:, :1] * X[:, 1:2]


@pytest.fixture(autouse=True)
def eager_to_switch():
    """Threads take turns as often as they can, even within a line."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def model(width: int = 40, seed: int = 1, built: bool = True) -> keras.Sequential:
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(width, "relu"), keras.layers.Dense(1)]
    net = keras.Sequential([keras.Input((20,)), *layers] if built else layers)
    net.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return net


class InAnotherThread:
    """Calls a function again and again in a thread, until the context is left."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.calls, self.error, self._function = 0, None, function
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._function()
                self.calls += 1
        except BaseException as error:
            self.error = error

    def __enter__(self) -> InAnotherThread:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        assert self.error is None


def test_other_threads_run_while_an_epoch_does() -> None:
    net = model(300)
    turns = []
    with InAnotherThread(lambda: turns.append(time.sleep(0.001))):
        net.fit(X, Y, epochs=1, verbose=0)  # compiles
        before = len(turns)
        net.fit(np.tile(X, (200, 1)), np.tile(Y, (200, 1)), verbose=0)  # 3750 steps, two slices
        assert len(turns) > before + 10


def test_an_unbuilt_model_that_many_threads_call_first_is_built_once() -> None:
    net = model(built=False)
    with ThreadPoolExecutor(8) as pool:
        all_predictions = list(pool.map(lambda _: net.predict(X, verbose=0), range(16)))
    assert len(net.weights) == 4
    for predictions in all_predictions:
        np.testing.assert_array_equal(predictions, net.predict(X, verbose=0))


def test_sixteen_threads_predict_the_same_bits() -> None:
    net = model(200)
    expected = net.predict(X, verbose=0)
    sizes = [1, 7, 32, 600]
    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(net.predict, X, size, 0) for size in sizes * 16]
        for job in jobs:
            np.testing.assert_array_equal(job.result(), expected)


def test_two_models_trained_in_two_threads_are_those_trained_alone() -> None:
    def train(net: keras.Model, epochs: int = 6) -> list[np.ndarray]:
        net.fit(X, Y, epochs=epochs, shuffle=False, validation_split=0.2, verbose=0)
        return net.get_weights()

    nets = [model(width, seed) for seed, width in enumerate((30, 200, 30, 200))]
    alone = [train(copy.deepcopy(net)) for net in nets]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(train, nets))
    for got, want in zip(together, alone, strict=True):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_prediction_during_training_sees_the_weights_of_one_step() -> None:
    """The weight and the bias of this model are equal after each step, and never otherwise."""
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(1e-7), "mse")
    rows = 400_000
    x = np.ones((rows, 1), "float32")
    probe = np.array([[1.0], [0.0]], "float32")  # predicts weight + bias, bias
    seen = set()

    def look() -> None:
        both, bias = net.predict(probe, verbose=0).ravel()
        assert both == np.float32(2) * bias
        seen.add(float(bias))

    look()
    epochs = 0
    with InAnotherThread(look):
        while len(seen) <= epochs + 3:  # until it has looked into the middle of some epochs
            net.fit(x, x, batch_size=4, shuffle=False, verbose=0)
            epochs += 1


def test_a_model_that_shares_layers_with_one_in_training_predicts_whole_steps() -> None:
    inputs = keras.Input((1,))
    first = keras.layers.Dense(1, kernel_initializer="zeros")
    encoder = keras.Model(inputs, first(inputs))
    probe = np.array([[1.0], [0.0]], "float32")
    encoder.predict(probe, verbose=0)  # compiled before the other is
    whole = keras.Model(inputs, keras.layers.Rescaling(1.0)(first(inputs)))
    whole.compile(keras.optimizers.SGD(1e-7), "mse")
    x = np.ones((400_000, 1), "float32")

    def look() -> None:
        both, bias = encoder.predict(probe, verbose=0).ravel()
        assert both == np.float32(2) * bias

    with InAnotherThread(look) as other:
        whole.fit(x, x, batch_size=4, shuffle=False, verbose=0)
    assert other.calls > 3


def test_weights_read_during_training_are_whole() -> None:
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(500, kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(1e-7), "mse")
    x = np.ones((100_000, 1), "float32")

    def look() -> None:  # all outputs learn the same
        assert len(set(net.layers[0].kernel.numpy().ravel().tolist())) == 1

    with InAnotherThread(look) as other:
        net.fit(x, x * np.ones(500, "float32"), batch_size=8, shuffle=False, verbose=0)
    assert other.calls > 3


def test_threads_never_draw_the_same_random_numbers() -> None:
    def seeds(_: int) -> list[int]:
        return [keras.random.SeedGenerator().seed for _ in range(100)]

    def draws(_: int) -> list[float]:
        return [float(keras.random.uniform((), seed=shared)) for _ in range(50)]

    shared = keras.random.SeedGenerator(1)
    for draw in (seeds, draws):
        with ThreadPoolExecutor(8) as pool:
            drawn = [number for numbers in pool.map(draw, range(8)) for number in numbers]
        assert len(set(drawn)) == len(drawn)


def test_threads_never_give_the_same_name() -> None:
    with ThreadPoolExecutor(8) as pool:
        layers = pool.map(lambda _: [keras.layers.ReLU().name for _ in range(300)], range(8))
        uids = pool.map(lambda _: [keras.backend.get_uid("x") for _ in range(300)], range(8))
    for found in (layers, uids):
        names = [name for some in found for name in some]
        assert len(set(names)) == len(names)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_forked_while_another_thread_draws_can_draw() -> None:
    with InAnotherThread(lambda: model(2)):
        for _ in range(20):
            child = os.fork()
            if child == 0:
                signal.alarm(20)  # a lock that nobody opens would be waited for
                model(2)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0


class Meddle(keras.callbacks.Callback):
    """Calls a function in another thread when the first epoch begins."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__()
        self.function, self.raised = function, None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        def run() -> None:
            try:
                self.function()
            except Exception as error:
                self.raised = error

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_training_a_model_that_another_thread_trains_is_an_error(method: str) -> None:
    net, alone = model(), model()
    meddle = Meddle(lambda: getattr(net, method)(X, Y))
    net.fit(X, Y, shuffle=False, verbose=0, callbacks=[meddle])
    assert isinstance(meddle.raised, RuntimeError)
    assert f"`{method}` would change the same weights" in str(meddle.raised)
    alone.fit(X, Y, shuffle=False, verbose=0)
    for a, b in zip(net.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    net.evaluate(X, Y, verbose=0)  # and afterwards it is nobody's


def test_a_callback_may_evaluate_and_predict_with_the_model_in_training() -> None:
    net, seen = model(), []

    def look(epoch: int, logs: Any) -> None:
        seen.append((net.evaluate(X, Y, verbose=0)[0], net.predict(X, verbose=0).shape))

    callback = keras.callbacks.LambdaCallback(on_epoch_end=look)
    net.fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    assert len(seen) == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_made_during_training_can_be_trained(copied: Callable[[Any], Any]) -> None:
    net = model()
    meddle = Meddle(lambda: copied(net).fit(X, Y, verbose=0))
    net.fit(X, Y, verbose=0, callbacks=[meddle])
    assert meddle.raised is None
