# SPDX-License-Identifier: Apache-2.0
"""The interval in which Python's threads take turns is short while some train side by side."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend.thread_switching import quick_switching


def test_the_last_scope_puts_the_interval_back_also_after_an_error() -> None:
    before = sys.getswitchinterval()
    with quick_switching():
        assert sys.getswitchinterval() == pytest.approx(1e-4, rel=0.02)  # whole microseconds
        with pytest.raises(ValueError, match="inner"), quick_switching():
            raise ValueError("inner")
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_scopes_of_threads_that_overlap_are_one() -> None:
    before = sys.getswitchinterval()
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with quick_switching():
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with quick_switching():
        thread.start()
        entered.wait()
    assert sys.getswitchinterval() < before
    leave.set()
    thread.join()
    assert sys.getswitchinterval() == before


def test_fit_many_trains_in_such_a_scope_and_leaves_it() -> None:
    before, seen = sys.getswitchinterval(), []

    class Looks(keras.callbacks.Callback):
        def on_train_begin(self, logs=None) -> None:
            seen.append(sys.getswitchinterval())

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 2))
    keras.models.fit_many([model], x, x[:, :1], each=[{"callbacks": [Looks()]}])
    assert len(seen) == 1
    assert seen[0] < before
    assert sys.getswitchinterval() == before
