# SPDX-License-Identifier: Apache-2.0
"""Epochs that run in the engine one after the other are those that return to Python in between."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.training import native_epochs
from pronghorn.training.native_epochs import NativeEpochs


class WantsEpochs(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        pass


def data(rows: int = 100) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).astype("float32")
    return x, (x.sum(axis=1) > 0).astype("float32")


def model(metrics: Any = None, **settings: Any) -> keras.Sequential:
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(5, "tanh"), keras.layers.Dense(1, "sigmoid")]
    built = keras.Sequential([keras.Input((3,)), *layers])
    built.compile("adam", "binary_crossentropy", metrics=metrics, **settings)
    return built


@pytest.fixture
def native_runs(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """The epochs that were left to the engine, a range for each `fit`."""
    runs: list[range] = []
    run = NativeEpochs.run

    def spy(self: NativeEpochs, epochs: range) -> Any:
        runs.append(epochs)
        return run(self, epochs)

    monkeypatch.setattr(NativeEpochs, "run", spy)
    return runs


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"shuffle": False},
        {"batch_size": 100},
        {"batch_size": 25},
        {"initial_epoch": 2},
        {"class_weight": {0: 1.0, 1: 3.0}},
    ],
    ids=str,
)
def test_weights_and_history_have_the_bits_of_epochs_with_python_between_them(
    arguments: dict[str, Any], native_runs: list[range]
) -> None:
    x, y = data()
    metrics = ["accuracy", keras.metrics.AUC(), keras.metrics.F1Score(threshold=0.5)]
    results = []
    for callbacks in ([], [WantsEpochs()]):
        net = model(metrics)
        history = net.fit(x, y, epochs=7, verbose=0, callbacks=callbacks, **arguments)
        results.append((history.epoch, history.history, net.get_weights(), net.evaluate(x, y)))
    native, one_by_one = results
    assert len(native_runs) == 1
    assert native[0] == one_by_one[0]
    assert list(native[1]) == list(one_by_one[1])
    for name, values in native[1].items():
        np.testing.assert_array_equal(values, one_by_one[1][name])
    for mine, other in zip(native[2], one_by_one[2], strict=True):
        np.testing.assert_array_equal(mine, other)
    assert native[3] == one_by_one[3]


def test_many_short_calls_of_the_engine_are_one_run(
    monkeypatch: pytest.MonkeyPatch, native_runs: list[range]
) -> None:
    x, y = data()
    whole = model().fit(x, y, epochs=9, batch_size=4, verbose=0).history
    monkeypatch.setattr(native_epochs, "SECONDS", 1e-9)
    monkeypatch.setattr(native_epochs, "_MOST", 2)
    assert model().fit(x, y, epochs=9, batch_size=4, verbose=0).history == whole
    assert len(native_runs) == 2


class Stops(keras.callbacks.Callback):
    """Ends training at the first sign of progress."""

    def on_progress(self, step: int, logs: Any) -> None:
        assert np.isfinite(logs()["loss"])
        self.model.stop_training = True


def test_training_that_is_stopped_within_an_epoch_has_its_logs(
    monkeypatch: pytest.MonkeyPatch, native_runs: list[range]
) -> None:
    monkeypatch.setattr(native_epochs, "SECONDS", 1e-9)
    x, y = data(20_000)
    history = model().fit(x, y, epochs=1000, batch_size=1, verbose=0, callbacks=[Stops()])
    assert len(native_runs) == 1
    assert history.epoch == [0]
    assert np.isfinite(history.history["loss"][0])


class Resets(keras.metrics.Mean):
    """Counts how often it begins anew."""

    resets = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_pred)

    def reset_state(self) -> None:
        self.resets += 1
        super().reset_state()


class Custom(keras.Sequential):
    def reset_metrics(self) -> None:
        self.resets = getattr(self, "resets", 0) + 1
        super().reset_metrics()


def test_resets_of_the_users_are_called_before_each_epoch(native_runs: list[range]) -> None:
    x, y = data()
    metric = Resets()
    model([metric]).fit(x, y, epochs=4, verbose=0)
    assert metric.resets == 4
    net = Custom([keras.Input((3,)), keras.layers.Dense(1)])
    net.compile("sgd", "mse")
    net.fit(x, y, epochs=4, verbose=0)
    assert net.resets == 4
    assert native_runs == []


def test_a_loss_that_is_not_finite_is_found_in_its_epoch(native_runs: list[range]) -> None:
    x = np.ones((8, 1), "float32")
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(1e6), "mse")  # grows by about 1e12 in each step
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        losses = net.fit(x, x, epochs=30, batch_size=8, verbose=0).history["loss"]
    first = int(np.argmin(np.isfinite(losses)))
    assert len(native_runs) == 1
    assert 0 < first < 29
    assert [f"step 1 of epoch {first + 1}" in str(w.message) for w in found] == [True]
