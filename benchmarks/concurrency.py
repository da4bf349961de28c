# SPDX-License-Identifier: Apache-2.0
"""How many predictions a second does one model make when several threads ask at once?

Run `python -m benchmarks.concurrency` from the repository with nothing else running; `--help` lists
its options.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.timing import PAUSE, print_table

SIZES = [(20, 64, 1), (784, 300, 100, 10), (1024, 1024, 1024, 10)]
ROWS = [1, 32, 256]


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of each (0.2)")
    parser.add_argument("--threads", type=int, default=16, help="threads that ask at once (16)")
    options = parser.parse_args(argv)

    import pronghorn as keras

    print(
        f"Rows predicted a second by `predictor`, in thousands, on {keras.config.num_threads()} "
        f"CPUs; best of the rounds. One thread: with one thread of the engine."
    )
    table = []
    for sizes in SIZES:
        layers = [keras.layers.Dense(n, "relu") for n in sizes[1:]]
        model = keras.Sequential([keras.Input((sizes[0],)), *layers])
        for rows in ROWS:
            x = np.random.default_rng(0).normal(size=(rows, sizes[0])).astype("float32")
            predict = model.predictor(x)
            expected = predict(x)
            speeds: dict[int, float] = {}
            for _ in range(options.rounds):
                for threads in (1, 2, options.threads):
                    time.sleep(PAUSE)
                    count = in_threads(threads, predict, x, expected, options.seconds)
                    speeds[threads] = max(speeds.get(threads, 0), count * rows / options.seconds)
            cells = [f"{speed / 1e3:.0f}" for speed in speeds.values()]
            gain = f"{speeds[options.threads] / speeds[1]:.2f}x"
            table.append([f"{'-'.join(map(str, sizes))}, {rows} rows", *cells, gain])
    names = ["", "1 thread", "2 threads", f"{options.threads} threads", "gain"]
    print_table(names, table)


def in_threads(
    threads: int, predict: Callable[[Any], Any], x: Any, expected: Any, seconds: float
) -> int:
    """How often several threads have predicted, each with one thread of the engine."""
    import pronghorn as keras

    counts = [0] * threads
    start, stop = threading.Barrier(threads + 1), threading.Event()

    def work(i: int) -> None:
        with keras.config.thread_limit(1):
            start.wait()
            result = None
            while result is None or not stop.is_set():
                result = predict(x)
                counts[i] += 1
        if not np.array_equal(result, expected):
            raise SystemExit("threads predict different bits")

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    return sum(counts)


if __name__ == "__main__":
    main()
