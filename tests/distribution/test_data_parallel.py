# SPDX-License-Identifier: Apache-2.0
"""Several processes under `mpiexec`; skipped where there is none."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pronghorn as keras

MPIEXEC = shutil.which("mpiexec") or shutil.which("mpiexec", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None, reason="needs MPI and mpi4py"
)

# Every process builds its own model, with weights of its own, and sees all of the data.
COMMON = """
import json, os, sys, time
import numpy as np, pronghorn as keras

OUT = sys.argv[1]
X = np.random.default_rng(0).normal(size=(90, 6)).astype("float32")
Y = np.stack([X[:, 0] * X[:, 1], X.sum(axis=1)], axis=1)

def model(seed):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)]
    net = keras.Sequential(layers)
    net.compile(keras.optimizers.Adam(0.01, epsilon=1e-3), "mse", metrics=["mae"])
    return net

def save(name, net, history=None):
    np.savez(f"{OUT}/{name}.npz", *net.get_weights())
    if history is not None:
        with open(f"{OUT}/{name}.json", "w") as file:
            json.dump(history.history, file)

def parallel():
    return keras.distribution.DataParallel()
"""


def run(code: str, ranks: int, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(COMMON + code)
    return subprocess.run(
        [str(MPIEXEC), "-n", str(ranks), sys.executable, str(script), str(folder)],
        capture_output=True,
        text=True,
        timeout=170,
    )


def weights(folder: Path, name: str) -> list[np.ndarray]:
    with np.load(folder / f"{name}.npz") as file:
        return [file[key] for key in file.files]


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [32, 45])  # the last batch of 26 rows, or none
def test_the_result_is_that_of_one_process_with_the_whole_batch(
    ranks: int, batch_size: int, tmp_path: Path
) -> None:
    fit = (
        f"(X, Y, batch_size={batch_size}, epochs=4, shuffle=False, verbose=0,"
        " validation_data=(X, Y), sample_weight=np.linspace(0.5, 2, 90))\n"
    )
    code = (
        "net, p = model(1), parallel()\n"
        f"save('alone', net, net.fit{fit}) if p.rank == 0 else None\n"
        "net = model(1 + p.rank)\n"
        "with p.scope():\n"
        f"    history = net.fit{fit}"
        "save(f'rank{p.rank}', net, history)\n"
    )
    done = run(code, ranks, tmp_path)
    assert done.returncode == 0, done.stderr
    alone, first = weights(tmp_path, "alone"), weights(tmp_path, "rank0")
    for one, other in zip(first, alone, strict=True):
        # Gradients of up to 1, added up in another order, by 12 steps of up to 0.01.
        np.testing.assert_allclose(one, other, atol=12 * 0.01 * 1e-4)
    histories = [json.loads((tmp_path / f"{n}.json").read_text()) for n in ("alone", "rank0")]
    assert list(histories[0]) == list(histories[1])
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-4)
    for rank in range(1, ranks):
        for one, other in zip(weights(tmp_path, f"rank{rank}"), first, strict=True):
            np.testing.assert_array_equal(one, other)
        assert json.loads((tmp_path / f"rank{rank}.json").read_text()) == histories[1]


@pytest.mark.parametrize("ranks", [2, 3])
def test_a_train_step_of_ones_own_gives_what_one_process_gives(ranks: int, tmp_path: Path) -> None:
    code = """
class Own(keras.Sequential):
    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = keras.ops.mean(keras.ops.abs(y - y_pred) ** 1.5)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(gradients, variables))
        self.tracker.update_state(loss)
        return {"mean": self.tracker.result(), "last": loss}

def own(seed):
    keras.utils.set_random_seed(seed)
    net = Own([keras.Input((6,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)])
    net.tracker = keras.metrics.Mean()
    net.compile(keras.optimizers.Adam(0.01, epsilon=1e-3))
    return net

p = parallel()
fit = dict(batch_size=30, epochs=4, shuffle=False, verbose=0)
if p.rank == 0:
    net = own(1)
    save("alone", net, net.fit(X, Y, **fit))
with p.scope():
    net = own(1 + p.rank)
    history = net.fit(X, Y, **fit)
save(f"rank{p.rank}", net, history)
"""
    done = run(code, ranks, tmp_path)
    assert done.returncode == 0, done.stderr
    first = weights(tmp_path, "rank0")
    for one, other in zip(first, weights(tmp_path, "alone"), strict=True):
        np.testing.assert_allclose(one, other, atol=12 * 0.01 * 1e-4)
    alone, *others = [
        json.loads((tmp_path / f"{name}.json").read_text())
        for name in ["alone", *(f"rank{rank}" for rank in range(ranks))]
    ]
    for rank, history in enumerate(others):
        for name, values in alone.items():
            np.testing.assert_allclose(history[name], values, rtol=1e-4)
        for one, other in zip(weights(tmp_path, f"rank{rank}"), first, strict=True):
            np.testing.assert_array_equal(one, other)


class Alone:
    """What a `DataParallel` of one process is."""

    rank, size = 0, 1

    def share(self, rows: int) -> slice:
        return slice(0, rows)

    def from_first(self, value: Any) -> Any:
        return value

    def follow_first(self, variables: Any) -> None:
        pass

    def add_up(self, array: Any) -> None:
        pass

    def together(self) -> Any:
        return contextlib.nullcontext()


class Twice(keras.Sequential):
    def train_step(self, data: Any) -> Any:
        super().train_step(data)
        return super().train_step(data)


class Assigns(keras.Sequential):
    def train_step(self, data: Any) -> Any:
        logs = super().train_step(data)
        self.layers[-1].bias.assign(keras.ops.zeros(1))
        return logs


class Two(keras.Sequential):
    def compile(self, *args: Any, **kwargs: Any) -> None:
        super().compile(*args, **kwargs)
        self.second = keras.optimizers.SGD()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Twice, "calls its optimizer 2 times"),
        (Assigns, "assigns '.*bias' itself"),
        (Two, "has several optimizers"),
    ],
)
def test_weights_that_would_come_apart_are_refused(kind: Any, message: str) -> None:
    net = kind([keras.Input((3,)), keras.layers.Dense(1)])
    net.compile("sgd", "mse")
    keras.distribution.set_distribution(Alone())
    try:
        with pytest.raises(NotImplementedError, match=message):
            net.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    finally:
        keras.distribution.set_distribution(None)


def test_each_row_is_read_by_one_process(tmp_path: Path) -> None:
    code = """
p = parallel()
shares = p.comm.allgather([np.arange(n)[p.share(n)].tolist() for n in (1, 2, 5, 32, 90)])
if p.rank == 0:
    for parts, n in zip(zip(*shares), (1, 2, 5, 32, 90)):
        assert sum(parts, []) == list(range(n)), parts
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
"""
    done = run(code, 3, tmp_path)
    assert done.returncode == 0, done.stderr


def test_batches_smaller_than_the_number_of_processes_work(tmp_path: Path) -> None:
    code = """
p, net = parallel(), model(1)
if p.rank == 0:
    alone = model(1)
    alone.fit(X[:7], Y[:7], batch_size=2, epochs=2, shuffle=False, verbose=0)
    save("alone", alone)
with p.scope():
    net.fit(X[:7], Y[:7], batch_size=2, epochs=2, shuffle=False, verbose=0)
save(f"rank{p.rank}", net)
"""
    done = run(code, 3, tmp_path)
    assert done.returncode == 0, done.stderr
    for rank in range(3):
        for a, b in zip(weights(tmp_path, f"rank{rank}"), weights(tmp_path, "alone"), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


def test_callbacks_run_in_the_first_process_and_hold_for_all(tmp_path: Path) -> None:
    code = """
class Change(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        open(f"{OUT}/called_by_{p.rank}", "w").close()
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 0.5
            self.model.set_weights([0 * w for w in self.model.get_weights()])
        if epoch == 2:
            self.model.stop_training = True

p, net = parallel(), model(1)
with p.scope():
    history = net.fit(X, Y, epochs=10, verbose=2, callbacks=[Change()])
assert len(history.epoch) == 3, history.epoch
assert float(net.optimizer.learning_rate) == 0.5
save(f"rank{p.rank}", net)
"""
    done = run(code, 2, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.glob("called_by_*")] == ["called_by_0"]
    assert done.stdout.count("Epoch 1/10") == 1
    for a, b in zip(weights(tmp_path, "rank0"), weights(tmp_path, "rank1"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_callback_may_stop_within_an_epoch(tmp_path: Path) -> None:
    code = """
class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            self.model.stop_training = True

p, net = parallel(), model(1)
with p.scope():
    history = net.fit(X, Y, batch_size=10, epochs=5, verbose=0, callbacks=[Stop()])
assert len(history.epoch) == 1
assert int(net.optimizer.iterations.numpy()) == 3, net.optimizer.iterations.numpy()
"""
    done = run(code, 3, tmp_path)
    assert done.returncode == 0, done.stderr


FAILURES = {
    "raises": "raise ZeroDivisionError('mine')",
    "is killed": "os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_process_that_fails_ends_the_others(failure: str, tmp_path: Path) -> None:
    code = f"""
class Fail(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            {FAILURES[failure]}

p, net = parallel(), model(1)
with p.scope():
    net.fit(X, Y, epochs=10**9, verbose=0, callbacks=[Fail()])
"""
    began = time.monotonic()
    done = run(code, 2, tmp_path)
    assert time.monotonic() - began < 120  # and not the 10**9 epochs
    assert done.returncode != 0
    if failure == "raises":
        assert "Rank 0 of 2 has failed:" in done.stderr
        assert "ZeroDivisionError: mine" in done.stderr


def test_batches_are_refused(tmp_path: Path) -> None:
    class One:
        rank, size = 0, 1

    keras.distribution.set_distribution(One())
    try:
        net = keras.Sequential([keras.layers.Dense(1)])
        net.compile("sgd", "mse")
        batches: Any = iter([(np.ones((2, 2)), np.ones((2, 1)))])
        with pytest.raises(NotImplementedError, match="Distributed training takes arrays"):
            net.fit(batches, verbose=0)
    finally:
        keras.distribution.set_distribution(None)


def test_what_is_no_distribution_is_an_error() -> None:
    with pytest.raises(ValueError, match="Received: 'mpi'"):
        keras.distribution.set_distribution("mpi")
