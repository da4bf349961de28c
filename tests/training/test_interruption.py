# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, kill and exceptions of callbacks: training stops soon, between two steps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import pronghorn as keras

# A model whose weights count the steps: each gradient is -1 and the rate is 1. An epoch takes
# minutes. `report` prints the time, whether there were any steps, whether all weights agree on how
# many, and whether the model still trains.
TRAIN = """
import os, signal, sys, time
import numpy as np, pronghorn as keras

def sum_of_outputs(y, y_pred):
    return -keras.ops.mean(y_pred, axis=-1) * 64.0

class OwnStep(keras.Sequential):
    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = keras.ops.mean(sum_of_outputs(y, self(x, training=True)))
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}

def compiled(kind=keras.Sequential, **options):
    net = kind([keras.Input((64,)), keras.layers.Dense(64, use_bias=False,
                kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(1.0), sum_of_outputs, **options)
    return net

net = compiled()
x = np.broadcast_to(np.ones((1, 64), "float32"), (40_000_000, 64))
y = np.broadcast_to(np.ones((1, 64), "float32"), (40_000_000, 64))

def report(stopped):
    weights = net.get_weights()[0]
    steps = net.optimizer.iterations.numpy()
    whole = bool((weights == steps).all())
    net.fit(x[:64], y[:64], batch_size=32, verbose=0)
    usable = bool((net.get_weights()[0] == steps + 2).all())
    print(stopped, steps > 0, whole, usable, flush=True)

def batches():
    while True:
        yield x[:32], y[:32]

class Ready(keras.callbacks.Callback):
    def on_epoch_begin(self, *args):
        print("ready", flush=True)
    on_test_begin = on_predict_begin = on_epoch_begin
"""
FIT = "net.fit(x, y, batch_size=32, shuffle=False, verbose=0, callbacks=[Ready()])\n"

OTHERS = {
    "a train_step of one's own": f"net = compiled(OwnStep); {FIT}",
    "eager steps": f"net = compiled(run_eagerly=True); {FIT}",
    "a generator": "net.fit(batches(), steps_per_epoch=10**7, verbose=0, callbacks=[Ready()])\n",
    "evaluate": "net.evaluate(x, y, batch_size=32, verbose=0, callbacks=[Ready()])\n",
    "predict": "net.predict(x[:20_000_000], batch_size=32, verbose=0, callbacks=[Ready()])\n",
}


def interrupted(call: str) -> str:
    return f"{TRAIN}try:\n    {call}except KeyboardInterrupt:\n    report(time.monotonic())\n"


TERMINATED = TRAIN + (
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
    f"try:\n    {FIT}except SystemExit:\n    report(time.monotonic())\n    raise\n"
)


def signalled(code: str, number: int) -> tuple[int, list[str], float]:
    """The status and last line of a script that gets a signal, and the time of the signal."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    time.sleep(0.25)
    sent = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.split(), sent


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(
    ("code", "number", "status"),
    [(interrupted(FIT), signal.SIGINT, 0), (TERMINATED, signal.SIGTERM, 5)],
    ids=["Ctrl-C", "a handler of SIGTERM"],
)
def test_a_signal_stops_training_between_two_steps(code: str, number: int, status: int) -> None:
    returned, (stopped, *rest), sent = signalled(code, number)
    assert returned == status
    assert rest == ["True"] * 3
    # The promise is 0.2 s; a hundred times that tells it from the minutes an epoch takes.
    assert float(stopped) - sent < 20


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("call", OTHERS)
def test_ctrl_c_stops_other_loops_between_two_steps_too(call: str) -> None:
    returned, (stopped, *rest), sent = signalled(interrupted(OTHERS[call]), signal.SIGINT)
    assert returned == 0
    assert rest == [str(call not in ("evaluate", "predict")), "True", "True"]
    assert float(stopped) - sent < 20


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_sigterm_without_a_handler_ends_the_process() -> None:
    returned, output, _ = signalled(TRAIN + FIT, signal.SIGTERM)
    assert returned == -signal.SIGTERM
    assert output == []


X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def stumbling(hook: str) -> keras.callbacks.Callback:
    """A callback that raises in one of its hooks."""

    def stumble(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError(hook)

    return type("Stumbling", (keras.callbacks.Callback,), {hook: stumble})()


HOOKS = [
    f"on_{part}_{when}"
    for part in ("train", "epoch", "train_batch", "test", "test_batch")
    for when in ("begin", "end")
]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_callback_that_raises_leaves_a_model_that_goes_on_as_if_nothing_had_been(
    hook: str,
) -> None:
    def new() -> keras.Sequential:
        keras.utils.set_random_seed(1)
        net = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)]
        )
        net.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        return net

    def train(net: keras.Sequential, callbacks: list[Any]) -> dict[str, list[float]]:
        return net.fit(
            X, Y, 32, shuffle=False, validation_data=(X, Y), verbose=0, callbacks=callbacks
        ).history

    net = new()
    with pytest.raises(ZeroDivisionError, match=hook):
        train(net, [stumbling(hook)])
    fresh = new()
    for _ in range(int(net.optimizer.iterations.numpy())):  # whole steps, on the first batches
        step = int(fresh.optimizer.iterations.numpy())
        fresh.train_on_batch(X[32 * step : 32 * step + 32], Y[32 * step : 32 * step + 32])
    assert train(net, []) == train(fresh, [])
    for a, b in zip(net.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
