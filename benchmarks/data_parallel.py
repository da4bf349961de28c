# SPDX-License-Identifier: Apache-2.0
"""What does a step of data-parallel training cost, and what would it on 1,000 processes?

Run `mpiexec -n 2 python -m benchmarks.data_parallel` from the repository with nothing else running;
`--help` lists its options.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.timing import print_table

SIZES = [(20, 64, 1), (784, 300, 100, 10), (784, 1024, 1024, 10)]
PROJECTED = (2, 16, 128, 1000)
STEPS = 10  # of an epoch


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the measurements, and the cost model's projection from them, on rank 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data_parallel", description=__doc__)
    parser.add_argument("--rows", type=int, default=128, help="rows of a step per process (128)")
    parser.add_argument(
        "--gigabytes", type=float, default=12.5, help="bandwidth of the projection in GB/s (12.5)"
    )
    parser.add_argument(
        "--microseconds", type=float, default=2.0, help="latency of the projection (2)"
    )
    options = parser.parse_args(argv)

    import pronghorn as keras

    parallel = keras.distribution.DataParallel()
    measured, projected = [], []
    with keras.config.thread_limit(1):  # of one process per core
        for sizes in SIZES:
            net, x, y = workload(sizes, options.rows * parallel.size)
            own = parallel.share(len(x))
            alone = seconds_a_step(net, x[own], y[own], options.rows)
            with parallel.scope():
                together = seconds_a_step(net, x, y, len(x))
            sums = np.zeros(net.count_params() + 1, "float32")
            adding = min(seconds_a_sum(parallel, sums) for _ in range(5))
            name = "-".join(map(str, sizes))
            cells = [f"{1e3 * t:.3f}" for t in (alone, adding, together)]
            measured.append([name, f"{sums.nbytes / 1e6:.2f}", *cells, f"{alone / together:.0%}"])
            overhead = max(0.0, together - alone - adding)
            projection = [alone + overhead + allreduce(sums.nbytes, p, options) for p in PROJECTED]
            projected.append([name, *(f"{alone / t:.0%}" for t in projection)])
    if parallel.rank:
        return
    print(
        f"SGD, {options.rows} rows a process, {parallel.size} processes of one thread; "
        "milliseconds a step, best of five epochs."
    )
    header = ["", "MB of gradients", "alone", "sum of gradients", "together", "efficiency"]
    print_table(header, measured)
    print(
        f"\nProjection for a network of {options.gigabytes:g} GB/s and {options.microseconds:g} us:"
        " efficiency, compared with the same rows a process alone."
    )
    print_table(["", *(f"{p} processes" for p in PROJECTED)], projected)


def allreduce(size: int, processes: int, options: Any) -> float:
    """Seconds of a sum over processes.

    Rabenseifner's algorithm (Thakur, Rabenseifner and Gropp, 2005): halving and doubling in
    2 log2(p) rounds, in which 2 (p - 1) / p of the bytes travel.
    """
    rounds = 2 * math.ceil(math.log2(processes))
    share = 2 * (processes - 1) / processes
    return rounds * options.microseconds * 1e-6 + share * size / (options.gigabytes * 1e9)


def workload(sizes: Sequence[int], rows: int) -> tuple[Any, Any, Any]:
    """A compiled model and random data of its sizes."""
    import pronghorn as keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(n, "relu") for n in sizes[1:-1]]
    net = keras.Sequential([keras.Input((sizes[0],)), *layers, keras.layers.Dense(sizes[-1])])
    net.compile(keras.optimizers.SGD(1e-3), "mse")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, sizes[0])).astype("float32")
    return net, x, draw.normal(size=(rows, sizes[-1])).astype("float32")


def seconds_a_step(net: Any, x: Any, y: Any, batch_size: int) -> float:
    """Of the best of some epochs of ten steps, each of which is all of the data."""
    import pronghorn as keras

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seconds.append(time.perf_counter() - self.began)

    seconds: list[float] = []
    x, y = (np.concatenate([part] * STEPS) for part in (x, y))
    net.fit(x, y, batch_size=batch_size, shuffle=False, epochs=5, verbose=0, callbacks=[Clock()])
    return min(seconds, default=1.0) / STEPS  # none but on rank 0


def seconds_a_sum(parallel: Any, sums: np.ndarray) -> float:
    """Seconds of one sum over the processes."""
    times = 20
    parallel.comm.Barrier()
    began = time.perf_counter()
    for _ in range(times):
        parallel.add_up(sums)
    return (time.perf_counter() - began) / times


if __name__ == "__main__":
    main()
