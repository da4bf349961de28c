# SPDX-License-Identifier: Apache-2.0
"""One library in a process of its own: sets up, says so, and measures whenever it is told to.

Run by `benchmarks.versus`: `python -m benchmarks.rivals.process RIVAL WORKLOAD FOLDER EPOCHS`. Each
line of the standard input is a number of seconds to measure for, each line of the output a JSON
object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rivals import load
from benchmarks.workloads import Workload, find


def main(name: str, work_name: str, folder: str, epochs: str) -> None:
    """Serves until the input ends."""
    answer = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no answer

    def say(**what: Any) -> None:
        print(json.dumps(what), file=answer, flush=True)

    work = find(work_name)
    with np.load(Path(folder) / "data.npz") as data:
        x, y = data["x"], data["y"]
    with np.load(Path(folder) / "weights.npz") as stored:
        weights = [stored[key] for key in stored.files]
    started = time.perf_counter()
    library = load(name)
    imported = time.perf_counter()
    rival = library(work, x, y, weights)
    measure, check = prepare(rival, work, x, y, int(epochs))
    say(imported=imported - started, ready=time.perf_counter() - imported, check=check)
    for line in sys.stdin:
        say(times=measure(float(line)))


def prepare(
    rival: Any, work: Workload, x: np.ndarray, y: np.ndarray, epochs: int
) -> tuple[Callable[[float], list[float]], list[float]]:
    """Warms up.

    Returns:
        A function that measures for some seconds and returns the times of epochs or calls; and
        numbers by which to see that all libraries compute the same.
    """
    if not work.predicts:
        rival.epoch()
        loss = rival.loss(x[:1000], y[:1000])

        def train() -> None:
            if hasattr(rival, "epochs"):
                rival.epochs(epochs)
            else:
                for _ in range(epochs):
                    rival.epoch()

        return lambda seconds: [t / epochs for t in repeat(train, 1, seconds)], [loss]
    batch = x[: work.batch]
    first = np.asarray(rival.predict(batch)).reshape(-1)
    calls = 1 if work.batch > 100 else 50
    return lambda seconds: repeat(lambda: rival.predict(batch), calls, seconds), first[:3].tolist()


def repeat(function: Callable[[], Any], calls: int, seconds: float) -> list[float]:
    """Times of one call, each the mean over `calls` of them, for about so many seconds."""
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(calls):
            function()
        times.append((time.perf_counter() - started) / calls)
    return times


if __name__ == "__main__":
    main(*sys.argv[1:])
