# SPDX-License-Identifier: Apache-2.0
"""Timing of rivals in turn, and a table of the results."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PAUSE = 0.06  # seconds; twice as long as those cycles take


@dataclass
class Timing:
    """Seconds per step of each round."""

    rounds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def time_in_turn(
    rivals: Sequence[Callable[[], int]], rounds: int, seconds: float = 0.03
) -> list[Timing]:
    """Measures functions that do the same work, one after the other, round after round.

    A machine that others use too, or that slows down when warm, then slows all of them. Between
    two measurements there is a pause, because the threads of OpenBLAS and of OpenMP go on spinning
    for a while after their work (OpenBLAS: 2**26 cycles) and would take the rival's cores.

    Args:
        rivals: Functions that run some steps and return how many.
        rounds: Number of rounds.
        seconds: How long a function is called again and again within a round.

    Returns:
        A `Timing` for each function, in their order.
    """
    timings = [Timing() for _ in rivals]
    for _ in range(rounds):
        for rival, timing in zip(rivals, timings, strict=True):
            time.sleep(PAUSE)
            rival()  # wakes its threads
            steps = 0
            started = now = time.perf_counter()
            while now - started < seconds:
                steps += rival()
                now = time.perf_counter()
            timing.rounds.append((now - started) / steps)
    return timings


def limit_blas_threads(threads: int) -> None:
    """Makes NumPy use this many threads. Must be called before NumPy is imported.

    The environment variables are those of the libraries that NumPy is built with: OpenBLAS, MKL,
    BLIS and Apple's Accelerate.
    """
    for library in ("OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)


def blas_threads() -> str:
    """Says which matrix library NumPy uses with how many threads, as far as that can be found."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "matrix library unknown (threadpoolctl is not installed)"
    found = [
        f"{pool['internal_api']} {pool['version']}, {pool['num_threads']} thread(s)"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    return " and ".join(dict.fromkeys(found)) or "no matrix library"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table in Markdown, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    print(line(header))
    rules = ["-" * (width + 1) for width in widths]
    print("|".join(["", f":{rules[0]}", *(f"{rule}:" for rule in rules[1:]), ""]))
    for row in rows:
        print(line(row))
