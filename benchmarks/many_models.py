# SPDX-License-Identifier: Apache-2.0
"""How much faster do many small networks train side by side than one after the other?

Run `python -m benchmarks.many_models` from the repository with nothing else running; `--help` lists
its options. What the machine allows shows in the last row: as many processes as there are CPUs,
which share nothing, train a part of the networks each. On a virtual machine that is less than the
number of CPUs, because others use the same cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.timing import PAUSE, print_table


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_models", description=__doc__)
    parser.add_argument("--models", type=int, default=200, help="networks to train (200)")
    parser.add_argument("--rows", type=int, default=1000, help="rows of data (1000)")
    parser.add_argument("--epochs", type=int, default=50, help="epochs of each (50)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    options = parser.parse_args(argv)

    import pronghorn as keras

    cpus = keras.config.num_threads()
    x, y = data(options.rows)
    seeds = list(range(options.models))

    def one_after_the_other(nets: list[Any]) -> None:
        for seed, net in zip(seeds, nets, strict=True):
            keras.utils.set_random_seed(seed)
            net.fit(x, y, epochs=options.epochs, verbose=0)

    def side_by_side(nets: list[Any]) -> None:
        keras.models.fit_many(nets, x, y, seeds=seeds, epochs=options.epochs)

    def one_worker(nets: list[Any]) -> None:
        keras.models.fit_many(nets, x, y, seeds=seeds, epochs=options.epochs, workers=1)

    print(
        f"{options.models} networks 20-w-w-1 (w = 32, 48, 64), Adam, batch 32, {options.rows} "
        f"rows, {options.epochs} epochs, on {cpus} CPUs; best of the rounds."
    )
    ways = {
        "fit, one after the other": one_after_the_other,
        "fit_many, one worker": one_worker,
        "fit_many": side_by_side,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    weights = {}
    apart: list[float] = []
    for _ in range(options.rounds):
        for name, train in ways.items():
            nets = models(seeds)
            time.sleep(PAUSE)
            began = time.perf_counter()
            train(nets)
            seconds[name].append(time.perf_counter() - began)
            weights[name] = [net.get_weights() for net in nets]
        apart.append(time_of_processes(cpus, seeds, options.rows, options.epochs))
    first = next(iter(ways))
    for name in ways:
        for a, b in zip(weights[first], weights[name], strict=True):
            if not all(np.array_equal(one, other) for one, other in zip(a, b, strict=True)):
                raise SystemExit(f"{name} trains other weights than {first}")
    best = {name: min(values) for name, values in seconds.items()}
    best[f"{cpus} processes that share nothing"] = min(apart)
    rows = [
        [name, f"{value:.2f}", f"{value / options.models * 1e3:.1f}", f"{best[first] / value:.2f}x"]
        for name, value in best.items()
    ]
    print_table(["", "seconds", "ms a model", "speed"], rows)


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """What all networks are trained on."""
    x = np.random.default_rng(0).normal(size=(rows, 20)).astype("float32")
    return x, x[:, :1] * x[:, 1:2] + np.sin(x[:, 2:3])


def models(seeds: Iterable[int]) -> list[Any]:
    """New networks, each of its width and rate."""
    import pronghorn as keras

    made = []
    for i in seeds:
        keras.utils.set_random_seed(i)
        width = 32 + 16 * (i % 3)
        layers = [keras.layers.Dense(width, "relu"), keras.layers.Dense(width, "relu")]
        net = keras.Sequential([keras.Input((20,)), *layers, keras.layers.Dense(1)])
        net.compile(keras.optimizers.Adam(0.001 * (1 + i % 5)), "mse")
        made.append(net)
    return made


def time_of_processes(count: int, seeds: Sequence[int], rows: int, epochs: int) -> float:
    """Seconds until the last of `count` processes has trained its part of the networks."""
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(count)]
    workers = [
        context.Process(target=_train_a_part, args=(theirs, i, seeds[i::count], rows, epochs))
        for i, (_, theirs) in enumerate(pairs)
    ]
    for worker in workers:
        worker.start()
    for ours, _ in pairs:
        ours.recv()  # it is ready
    time.sleep(PAUSE)
    began = time.perf_counter()
    for ours, _ in pairs:
        ours.send("go")
    for ours, _ in pairs:
        ours.recv()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return taken


def _train_a_part(pipe: Any, number: int, seeds: Sequence[int], rows: int, epochs: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[number % len(allowed)]})
    import pronghorn as keras

    x, y = data(rows)
    for net in models(seeds[:2]):
        net.fit(x, y, epochs=epochs, verbose=0)
    nets = models(seeds)
    pipe.send("ready")
    pipe.recv()
    keras.models.fit_many(nets, x, y, seeds=seeds, epochs=epochs, workers=1)
    pipe.send("done")


if __name__ == "__main__":
    main()
