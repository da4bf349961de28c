# SPDX-License-Identifier: Apache-2.0
"""Does memory grow with use? `python -m tests.adversarial.soak` from the repository finds out.

It builds, trains, saves, copies and deletes models, and predicts with one, many thousand times, and
prints the resident memory of the process after the warm-up and at each quarter of the way. The
status is 1 if it has grown by more than 2 MB.
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


QUARTERS = 4


def main() -> None:
    """Prints a row for each kind of use."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=10_000, help="models built, trained, deleted")
    parser.add_argument("--predictions", type=int, default=1_000_000, help="predictions of one row")
    options = parser.parse_args()

    model = new_model()
    one_row = X[:1].copy()
    predictor = model.predictor(one_row)
    uses: list[tuple[str, Callable[[], object], int]] = [
        ("build, fit, copy, predict, delete", cycle, options.cycles),
        ("predict", lambda: model.predict(one_row, verbose=0), options.predictions),
        ("predictor", lambda: predictor(one_row), options.predictions),
        ("predict with two threads", lambda: model.predict(X, 16, 0), options.predictions // 20),
    ]
    print("Resident memory in MB\n")
    columns = ["times", "seconds", "warm", "1/4", "1/2", "3/4", "end", "grown"]
    print(f"{'':<34}" + "".join(f"{column:>9}" for column in columns))
    worst = 0.0
    for name, use, times in uses:
        if not times:
            continue
        keras.config.set_num_threads(2 if "two threads" in name else None)
        print(f"{name:<34}{times:>9}", end="", flush=True)
        began = time.monotonic()
        sizes = memory_over_time(use, times)
        grown = sizes[-1] - sizes[0]
        worst = max(worst, grown)
        print(f"{time.monotonic() - began:>9.0f}", end="")
        print("".join(f"{size:>9.2f}" for size in [*sizes, grown]), flush=True)
    sys.exit(1 if worst > ALLOWED else 0)


def memory_over_time(use: Callable[[], object], times: int) -> list[float]:
    """MB of memory in use after a warm-up and at each quarter of so many uses."""
    for _ in range(max(50, times // 20)):
        use()
    sizes = [resident()]
    for quarter in range(QUARTERS):
        for _ in range(times * quarter // QUARTERS, times * (quarter + 1) // QUARTERS):
            use()
        sizes.append(resident())
    return sizes


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
