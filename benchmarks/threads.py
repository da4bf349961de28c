# SPDX-License-Identifier: Apache-2.0
"""Is the number of threads that pronghorn chooses by itself the best one?

Run `python -m benchmarks.threads` from the repository with nothing else running; `--help` lists its
options. Networks of two hidden layers are trained with one thread, with all, and as it comes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from benchmarks.timing import print_table, time_in_turn
from benchmarks.workloads import Workload, grid


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of each (0.2)")
    options = parser.parse_args(argv)

    import pronghorn as keras

    print(f"Training steps on {keras.config.num_threads()} CPUs; microseconds, best of the rounds.")
    rows, worst = [], 0.0
    for work in grid().values():
        choices = (1, keras.config.num_threads(), None)
        one, many, chosen = time_in_turn(
            [training(work, threads) for threads in choices], options.rounds, options.seconds
        )
        lost = chosen.best / min(one.best, many.best) - 1
        worst = max(worst, lost)
        cells = [f"{timing.best * 1e6:.1f}" for timing in (one, many, chosen)]
        rows.append([f"{work.sizes[1]} wide, batch {work.batch}", *cells, f"{lost:+.0%}"])
    print_table(["", "1 thread", "all", "by itself", "against the best"], rows)
    print(f"\nAt worst {worst:+.0%}.")


def training(work: Workload, threads: int | None) -> Callable[[], int]:
    """A function that trains for some epochs and returns the number of steps."""
    import pronghorn as keras
    from benchmarks.rivals.pronghorn_rival import Pronghorn

    x, y = work.arrays()
    rival = Pronghorn(work, x, y, work.weights())

    def run() -> int:
        keras.config.set_num_threads(threads)
        rival.epoch()
        keras.config.set_num_threads(None)
        return -(-len(x) // work.batch)

    return run


if __name__ == "__main__":
    main()
