# SPDX-License-Identifier: Apache-2.0
"""How much memory does training take beside the data?

Run `python -m benchmarks.memory` from the repository. The images are bytes, as MNIST's files have
them; the engine reads them where they lie. Each case runs in a process of its own, whose peak of
resident memory is read before and after `fit`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.timing import print_table

MEGABYTE = 1e6
DTYPES = ("uint8", "float32", "float64")


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--rows", type=int, default=55_000, help="images (55000)")
    parser.add_argument("--case", choices=DTYPES, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.case:
        print(json.dumps(measure(options.case, options.rows)))
        return
    print("784-300-100-10, Adam, batch 32; megabytes.\n")
    rows = []
    for dtype in DTYPES:
        command = [sys.executable, "-m", "benchmarks.memory", "--case", dtype]
        command += ["--rows", str(options.rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        needed = found["weights"] + found["slots"] + found["arena"] + found["order"]
        sizes = [found["data"], needed, found["fit"]]
        rows.append([dtype, *(f"{size / MEGABYTE:.1f}" for size in sizes)])
    print_table(
        ["images given as", "the data", "weights, slots, a batch, an order", "fit took"], rows
    )


def measure(dtype: str, rows: int) -> dict[str, float]:
    """Bytes of what there is, and by how much building the model and `fit` raise the peak."""
    import numpy as np

    import pronghorn as keras

    rng = np.random.default_rng(0)
    x = np.empty((rows, 28, 28), dtype)
    for i in range(0, rows, 1000):  # in pieces, so that making the data does not set the peak
        x[i : i + 1000] = rng.integers(0, 256, x[i : i + 1000].shape, "uint8")
    y = rng.integers(0, 10, rows).astype("uint8")
    before = peak_memory()
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    after = peak_memory()
    weights = sum(weight.nbytes for weight in model.get_weights())
    return {
        "data": x.nbytes + y.nbytes,
        "weights": weights,
        "slots": 2 * weights,
        "arena": sum(step.program.arena_bytes for step in model._steps),
        "order": 8 * rows,  # row numbers, and their copy in the loop
        "fit": after - before,
    }


def peak_memory() -> int:
    """The most bytes this process has had in memory."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
