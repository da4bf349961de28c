# SPDX-License-Identifier: Apache-2.0
"""Measure this machine in a few seconds: training and prediction, against its peak.

The peak is that of multiply-adds in registers on all threads, measured here; the share counts the
products of matrices alone. Close other programs for numbers worth keeping.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

BATCH, ROWS = 32, 6400
# sizes, loss, optimizer: classification of small images, regression on a table
_NETWORKS = (
    ((784, 300, 100, 10), "sparse_categorical_crossentropy", "sgd"),
    ((8, 50, 50, 50, 1), "mse", "adam"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="for each measurement (default: 1)"
    )


def run(arguments: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.table import Table

    from pronghorn import _core, config

    if arguments.seconds <= 0:
        raise ValueError(f"--seconds must be positive. Received: {arguments.seconds}")
    threads = config.num_threads()
    peak = max(_core.measure_fma_peak(threads) for _ in range(3))
    title = f"{_core.isa()}, {threads} threads, peak {peak:.0f} GFLOP/s of float32"
    table = Table("", "Time", "Of peak", title=title, title_justify="left", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for sizes, loss, optimizer in _NETWORKS:
        name = "-".join(map(str, sizes))
        model, x, y = _made(sizes, loss, optimizer)
        forward = 2 * BATCH * sum(a * b for a, b in pairwise(sizes))
        step_work = 3 * forward - 2 * BATCH * sizes[0] * sizes[1]  # the data need no gradient

        def epoch(model: Any = model, x: Any = x, y: Any = y) -> None:
            model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)

        step = _median_seconds(epoch, arguments.seconds) / (ROWS // BATCH)
        share = step_work / step / (peak * 1e9)
        table.add_row(f"train {name}, {optimizer}, batch {BATCH}: a step", *_shown(step, share))
        row = x[:1]
        predict = model.predictor(row)
        one = _median_seconds(lambda p=predict, r=row: p(r), arguments.seconds)  # type: ignore[misc]
        table.add_row(f"predict {name}: one row", *_shown(one))

        def everything(model: Any = model, x: Any = x) -> None:
            model.predict(x, batch_size=len(x), verbose=0)

        whole = _median_seconds(everything, arguments.seconds)
        share = forward / BATCH * ROWS / whole / (peak * 1e9)
        table.add_row(f"predict {name}: {ROWS:,} rows", *_shown(whole, share))
    Console(highlight=False).print(table)


def _made(sizes: tuple[int, ...], loss: str, optimizer: str) -> tuple[Any, Any, Any]:
    """A compiled network and random data for it."""
    import numpy as np

    from pronghorn import Input, Sequential, layers

    rng = np.random.default_rng(0)
    x = rng.uniform(size=(ROWS, sizes[0])).astype("float32")
    y = rng.integers(0, sizes[-1], ROWS) if sizes[-1] > 1 else x.sum(axis=1)
    hidden = [layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    last = layers.Dense(sizes[-1], activation="softmax" if sizes[-1] > 1 else None)
    model = Sequential([Input((sizes[0],)), *hidden, last])
    model.compile(optimizer, loss)
    return model, x, y


def _median_seconds(function: Callable[[], Any], seconds: float) -> float:
    """The median time of a call, of as many as take so long together, after some to warm up."""
    function()
    begin = time.perf_counter()
    function()
    repeats = max(1, int(0.001 / max(time.perf_counter() - begin, 1e-9)))  # a timer costs 0.1 us
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        for _ in range(repeats):
            function()
        times.append((time.perf_counter() - begin) / repeats)
    return median(times)


def _shown(seconds: float, share: float | None = None) -> tuple[str, str]:
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))
    unit, size = next((u for u in units if seconds >= u[1]), units[-1])
    return f"{seconds / size:.3g} {unit}", "" if share is None else f"{share:.0%}"
