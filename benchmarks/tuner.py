# SPDX-License-Identifier: Apache-2.0
"""How many more trials of a search do threads run?

Run `python -m benchmarks.tuner` from the repository with nothing else running; `--help` lists its
options. A random search trains networks of one to three hidden layers on tables of 8 features, like
the California housing data, with one thread and with as many as there are processors.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.timing import print_table


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuner", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="searches of each kind (3)")
    parser.add_argument("--trials", type=int, default=16, help="trials of a search (16)")
    parser.add_argument("--rows", type=int, default=11610, help="rows of the table (11610)")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of a trial (10)")
    options = parser.parse_args(argv)

    import pronghorn as keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(options.rows, 8)).astype("float32")
    y = np.sin(x).sum(axis=1)
    jobs = [1, keras.config.num_threads()]
    search(x, y, 1, 2, 1)  # what is imported and compiled at first use
    rates: dict[int, list[float]] = {job: [] for job in jobs}
    results = {}
    for _ in range(options.rounds):
        for job in jobs:
            seconds, results[job] = search(x, y, job, options.trials, options.epochs)
            rates[job].append(options.trials / seconds)
    assert results[jobs[0]] == results[jobs[-1]], "threads changed the results"

    base = max(rates[1])
    rows = [
        [
            f"{job} thread" + "s" * (job > 1),
            f"{max(rates[job]):.2f}",
            f"{statistics.median(rates[job]):.2f}",
            f"{max(rates[job]) / base:.2f}x",
        ]
        for job in jobs
    ]
    print(f"{options.trials} trials of {options.epochs} epochs with {options.rows} rows.")
    print_table(["", "trials/s, best", "median", "against one"], rows)


def search(x: np.ndarray, y: np.ndarray, jobs: int, trials: int, epochs: int) -> tuple[float, Any]:
    """Seconds of a search, and the scores of its trials."""
    import pronghorn.tuner as kt

    with tempfile.TemporaryDirectory() as folder:
        tuner = kt.RandomSearch(
            build, "loss", max_trials=trials, seed=1, directory=folder, n_jobs=jobs
        )
        start = time.perf_counter()
        tuner.search(x, y, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - start
    return seconds, [trial.score for trial in tuner.oracle.get_best_trials(trials)]


def build(hp: Any) -> Any:
    """A network of the search."""
    import pronghorn as keras

    model = keras.Sequential([keras.Input((8,))])
    for _ in range(hp.Int("n_hidden", 1, 3)):
        model.add(keras.layers.Dense(hp.Int("n_neurons", 10, 100), activation="relu"))
    model.add(keras.layers.Dense(1))
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


if __name__ == "__main__":
    main()
