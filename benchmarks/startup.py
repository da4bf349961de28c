# SPDX-License-Identifier: Apache-2.0
"""How long does it take until the first step: the import, building a model, the first `fit`?

Run `python -m benchmarks.startup` from the repository; `--help` lists its options. Each round is a
process of its own; a first one, which does not count, compiles the bytecode.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.timing import print_table

ROUND = """
import json, time
start = time.perf_counter()
import numpy as np
numpy = time.perf_counter()
import pronghorn as keras
imported = time.perf_counter()

def build():
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

model = build()
built = time.perf_counter()
build()
rebuilt = time.perf_counter()
x, y = np.zeros((3200, 784), "float32"), np.zeros(3200, "int64")
one = x[:32], y[:32]

def fit(x, y):
    began = time.perf_counter()
    model.fit(x, y, batch_size=32, verbose=0)
    return time.perf_counter() - began

first, second = fit(*one), fit(*one)
fit(x, y)
step = fit(x, y) / 100
times = [numpy - start, imported - numpy, built - imported, rebuilt - built, first, second, step]
print(json.dumps(times))
"""

ROWS = (
    "import numpy",
    "import pronghorn after that",
    "build and compile 784-300-100-10",
    "the same again",
    "fit for one step, the first time",
    "fit for one step, the second time",
    "a step among many",
)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="processes (7)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as bytecode:
        rounds = [one_round(bytecode) for _ in range(options.rounds + 1)][1:]
    rows = [
        [name, f"{min(times) * 1e3:.2f}", f"{statistics.median(times) * 1e3:.2f}"]
        for name, times in zip(ROWS, zip(*rounds, strict=True), strict=True)
    ]
    print(f"Milliseconds, {options.rounds} processes.\n")
    print_table(["", "best", "median"], rows)


def one_round(bytecode: str) -> list[float]:
    """Seconds of each row, in a process of its own that keeps its bytecode in this folder."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.run(
        [sys.executable, "-c", ROUND],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    times: list[float] = json.loads(process.stdout)
    return times


if __name__ == "__main__":
    main()
