# SPDX-License-Identifier: Apache-2.0
"""Does memory grow with use? `python -m tests.adversarial.soak` from the repository finds out.

It builds, trains, saves, copies and deletes models, and predicts with one, many thousand times, and
prints by how much the resident memory of the process has grown since the warm-up. The status is 1
if that is more than 2 MB.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import gc
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import pronghorn as keras

ALLOWED = 2.0  # MB
X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
Y = X[:, :1]


def main() -> None:
    """Prints a line for each kind of use."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=10_000, help="models built, trained, deleted")
    parser.add_argument("--predictions", type=int, default=1_000_000, help="predictions of one row")
    options = parser.parse_args()

    model = new_model()
    one_row = X[:1].copy()
    predictor = model.predictor(one_row)
    uses: list[tuple[str, Callable[[], object], int]] = [
        ("build, fit, predict, delete", cycle, options.cycles),
        ("predict", lambda: model.predict(one_row, verbose=0), options.predictions),
        ("predictor", lambda: predictor(one_row), options.predictions),
        ("predict with two threads", lambda: model.predict(X, 16, 0), options.predictions // 20),
    ]
    failed = False
    for name, use, times in uses:
        for _ in range(max(50, times // 20)):
            use()
        before, began = resident(), time.monotonic()
        for _ in range(times):
            use()
        grown = resident() - before
        failed |= grown > ALLOWED
        seconds = time.monotonic() - began
        print(f"{name}: {times} times in {seconds:.0f} s, {grown:+.2f} MB", flush=True)
    sys.exit(1 if failed else 0)


def new_model() -> keras.Model:
    """A compiled model with a bit of everything."""
    inputs = keras.Input((8,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(16, "relu")(inputs))
    hidden = keras.layers.Dropout(0.1)(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile("adam", "mse", metrics=["mae"])
    return model


def cycle() -> None:
    """The life of a model."""
    model = new_model()
    model.fit(X, Y, epochs=2, batch_size=24, validation_split=0.25, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        other.predict(X, verbose=0)


def resident() -> float:
    """MB of memory in use, after everything that can be freed has been."""
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    main()
