# SPDX-License-Identifier: Apache-2.0
"""Batches fetched ahead by workers: the same ones in the same order, and nothing left running."""

from __future__ import annotations

import multiprocessing
import threading
import time
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.training.prefetch import prefetched


class Numbers(keras.utils.PyDataset):
    """Batch i is full of i; the batch `fails` raises an error."""

    def __init__(self, fails: int | None = None, **workers: Any) -> None:
        super().__init__(**workers)
        self.fails = fails
        self.epochs = 0

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        if index == self.fails:
            raise LookupError(f"batch {index} is broken")
        time.sleep(0.002 * (12 - index))  # those asked for first are the last to be ready
        x = np.full((4, 1), float(index))
        return x, 2 * x

    def on_epoch_end(self) -> None:
        self.epochs += 1


WORKERS = [{"workers": 3}, {"workers": 2, "use_multiprocessing": True, "max_queue_size": 4}]
IDS = ["threads", "processes"]


def _model() -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return model


BEFORE = set(multiprocessing.active_children())  # what other tests have left, or share


@pytest.fixture(autouse=True)
def _processes_before() -> None:
    BEFORE.update(multiprocessing.active_children())


def _nothing_runs() -> bool:
    names = [t.name for t in threading.enumerate()]
    processes = set(multiprocessing.active_children()) - BEFORE
    return not any(n.startswith("PyDataset") for n in names) and not processes


@pytest.mark.parametrize("workers", WORKERS, ids=IDS)
def test_workers_change_no_bit(workers: Any) -> None:
    dataset = Numbers(**workers)
    alone = _model()
    alone.fit(Numbers(), epochs=2, verbose=0)
    ahead = _model()
    ahead.fit(dataset, epochs=2, validation_data=Numbers(**workers), verbose=0)
    assert dataset.epochs == 2
    np.testing.assert_array_equal(ahead.get_weights()[0], alone.get_weights()[0])
    np.testing.assert_array_equal(
        ahead.predict(dataset, verbose=0), ahead.predict(Numbers(), verbose=0)
    )
    assert ahead.evaluate(dataset, verbose=0) == ahead.evaluate(Numbers(), verbose=0)
    assert _nothing_runs()


@pytest.mark.parametrize("workers", WORKERS, ids=IDS)
def test_an_error_in_a_worker_is_the_callers(workers: Any) -> None:
    with pytest.raises(LookupError, match="batch 5 is broken"):
        _model().fit(Numbers(fails=5, **workers), verbose=0)
    assert _nothing_runs()


@pytest.mark.parametrize("workers", WORKERS, ids=IDS)
def test_workers_end_when_training_does(workers: Any) -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _model().fit(Numbers(**workers), callbacks=[Stop()], verbose=0)
    assert _nothing_runs()
    _model().fit(Numbers(**workers), steps_per_epoch=3, epochs=2, verbose=0)
    assert _nothing_runs()


def test_no_more_batches_are_fetched_ahead_than_the_queue_holds() -> None:
    fetched: list[int] = []

    class Recorded(Numbers):
        def __getitem__(self, index: int) -> int:
            fetched.append(index)
            return index

    batches = prefetched(Recorded(workers=2, max_queue_size=3), range(12))
    assert next(batches) == 0
    batches.close()
    assert max(fetched) <= 3
