# SPDX-License-Identifier: Apache-2.0
"""How close to the machine are the parts of a step that are no matrix products?

Run `python -m benchmarks.kernels` from the repository; `--help` lists its options. Each part is a
compiled program that changes variables of its own, once with data that stay in the L2 cache and
once with data that do not. The variables lie as activations do within a network: a matrix of
weights, transposed, has the rows of a batch in its lanes. Two limits are looked at, and a
part is compared with the one that bites: how fast the machine copies such data (a program that
assigns one variable to another), counted by the bytes that the part must read and write at least;
and how many vector operations it does in the time, one half of the measured peak of fused
multiply-adds, counted by those that the part's formulas need.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.timing import print_table, time_in_turn

SMALL, LARGE = (128, 256), (1000, 4096)  # features, rows


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of each (0.05)")
    options = parser.parse_args(argv)

    import pronghorn as keras
    from pronghorn import _core

    keras.config.set_num_threads(1)
    rows = []
    operations_per_second = _core.measure_fma_peak(1) * 1e9 / 2
    for shape in (SMALL, LARGE):
        names = list(PARTS)
        timings = time_in_turn(
            [program(part.assign, shape) for part in PARTS.values()],
            options.rounds,
            options.seconds,
        )
        count = shape[0] * shape[1]
        copied = PARTS["copy"].arrays / timings[names.index("copy")].best  # arrays a second
        for (name, part), timing in zip(PARTS.items(), timings, strict=True):
            memory = part.arrays / copied
            arithmetic = part.operations * count / operations_per_second
            rows.append(
                [
                    f"{name} {shape[1]} x {shape[0]}",
                    f"{timing.best * 1e6:.1f}",
                    f"{timing.best * 1e9 / count:.2f}",
                    f"{part.arrays * 4 * count / timing.best / 1e9:.1f}",
                    "memory" if memory > arithmetic else "arithmetic",
                    f"{max(memory, arithmetic) / timing.best:.0%}",
                ]
            )
    print("One thread, float32; best of the rounds.\n")
    print_table(["", "us", "ns an element", "GB/s", "limit", "of the limit"], rows)


def copy(ops: Any, new: Callable[[], Any]) -> None:
    a, b = new(), new()
    a.assign(b.value)


def adam(ops: Any, new: Callable[[], Any]) -> None:
    weight, gradient, mean, square = new(), new(), new(), new()
    m = mean + (gradient - mean) * 0.1
    s = square + (ops.square(gradient) - square) * 0.001
    mean.assign(m)
    square.assign(s)
    weight.assign(weight - 0.001 * (m / (ops.sqrt(s) + 1e-7)))


def gelu(ops: Any, new: Callable[[], Any]) -> None:
    x, y = new(), new()
    y.assign(ops.gelu(x, approximate=False))


def tanh(ops: Any, new: Callable[[], Any]) -> None:
    x, y = new(), new()
    y.assign(ops.tanh(x))


def softmax(ops: Any, new: Callable[[], Any]) -> None:
    x, y = new(), new()
    y.assign(ops.transpose(ops.softmax(ops.transpose(x), axis=-1)))


def batch_statistics(ops: Any, new: Callable[[], Any]) -> None:
    variable, y = new(), new()
    x = ops.transpose(variable)
    mean = ops.mean(x, axis=0, keepdims=True)
    variance = ops.mean(ops.square(x - mean), axis=0, keepdims=True)
    y.assign(ops.transpose((x - mean) * ops.rsqrt(variance + 1e-3)))


def dropout(ops: Any, new: Callable[[], Any]) -> None:
    from pronghorn import random

    x, y = new(), new()
    y.assign(ops.transpose(random.dropout(ops.transpose(x), 0.2, seed=random.SeedGenerator(1))))


class Part(NamedTuple):
    """What is measured: arrays that it reads and writes, and operations an element, at the least.

    An operation is one that a processor starts two of in a cycle. A division or a square root
    keeps it as long as seven of them (an EPYC of Zen 3). e^x is 23 operations, see
    `cpp/simd/math.hpp`, and a random number is 50, a fourth of ten rounds of Philox.
    """

    assign: Callable[[Any, Callable[[], Any]], None]
    arrays: int
    operations: int


PARTS = {
    "copy": Part(copy, 2, 0),
    "Adam's update": Part(adam, 7, 21),
    "tanh": Part(tanh, 2, 36),
    "GELU": Part(gelu, 2, 41),
    "softmax": Part(softmax, 2, 35),
    "batch normalization": Part(batch_statistics, 2, 5),
    "dropout": Part(dropout, 2, 57),
}


def program(part: Callable[..., None], shape: tuple[int, int]) -> Callable[[], int]:
    """A function that runs one part a number of times and returns it."""
    import numpy as np

    from pronghorn import ops
    from pronghorn.backend import Trace, Variable

    rng = np.random.default_rng(0)

    def new() -> Variable:
        values = rng.uniform(0.1, 1, size=shape).astype("float32")
        return Variable(values, trainable=False)

    with Trace() as trace:
        part(ops, new)
        compiled = trace.compile([])

    def run() -> int:
        for _ in range(5):
            compiled.run([])
        return 5

    return run


if __name__ == "__main__":
    main()
