# SPDX-License-Identifier: Apache-2.0
"""Data larger than memory: does `fit` on a memory map keep the speed, and its memory?

Run `python -m benchmarks.memory_map` from the repository, on Linux. It writes a file of images and
trains on them as an array, as a memory map of a file that is in the page cache, and as one of a
file that is only on the disk, in turn and in processes of their own. The memory of those with a map
is limited to a quarter of the file (`RLIMIT_DATA`: all that is not a file's). Anonymous memory is
what the process has for itself, so without the pages of the file, which the system may drop.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.timing import print_table

MEGABYTE = 2**20
FEATURES, BATCH = 784, 32
CASES = {
    "array": "array in memory",
    "cached": "map, file in the page cache",
    "cold": "map, file on the disk",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory_map", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024, help="size of the file (1024)")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each kind (3)")
    parser.add_argument("--shuffle", action="store_true", help="rows in random order")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.case:
        print(json.dumps(measure(options.case, Path(options.path), options.shuffle)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        write(path, options.megabytes * MEGABYTE // (4 * FEATURES))
        command = [sys.executable, "-m", "benchmarks.memory_map", "--path", str(path), "--case"]
        more = ["--shuffle"] if options.shuffle else []
        found: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
        for _ in range(options.rounds):
            for case, results in found.items():
                done = subprocess.run([*command, case, *more], check=True, capture_output=True)
                results.append(json.loads(done.stdout))
    print(
        f"784-300-100-10, SGD, batch {BATCH}, {options.megabytes} MB of float32, "
        f"{'shuffled' if options.shuffle else 'in order'}\n"
    )
    speeds = {c: statistics.median(r["rows per second"] for r in found[c]) for c in CASES}
    print_table(
        [
            "data",
            "limit, MB",
            "anonymous, MB",
            "peak in fit, MB",
            "rows/s",
            "of the array's",
        ],
        [
            [
                name,
                f"{found[case][0]['limit']:.0f}" if case != "array" else "",
                f"{max(r['before'] for r in found[case]):.1f}",
                f"{max(r['peak'] for r in found[case]):.1f}",
                f"{speeds[case]:,.0f}",
                f"{speeds[case] / speeds['array']:.0%}",
            ]
            for case, name in CASES.items()
        ],
    )


def write(path: Path, rows: int) -> None:
    """Writes random images of float32, a piece at a time."""
    import numpy as np

    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", "float32", (rows, FEATURES))
    for start in range(0, rows, 10_000):
        part = images[start : start + 10_000]
        part[:] = rng.random(part.shape, "float32")
    images.flush()


def measure(case: str, path: Path, shuffle: bool) -> dict[str, float]:
    """Rows per second of an epoch, and megabytes of anonymous memory before `fit` and at most."""
    import os
    import resource

    import numpy as np

    import pronghorn as keras

    limit = path.stat().st_size // 4
    if case != "array":
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    x = np.load(path, mmap_mode=None if case == "array" else "r")
    y = np.arange(len(x), dtype="uint8") % 10
    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x[: 20 * BATCH], y[: 20 * BATCH], BATCH, verbose=0)  # compiles the step
    descriptor = os.open(path, os.O_RDONLY)
    if case == "cold":
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    else:
        while os.read(descriptor, 2**24):  # is in the page cache
            pass
    before = anonymous()
    peaks, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            peaks.append(anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    model.fit(x, y, BATCH, shuffle=shuffle, verbose=0)
    seconds = time.perf_counter() - started
    over.set()
    watcher.join()
    return {
        "rows per second": len(x) / seconds,
        "before": before / MEGABYTE,
        "peak": max(peaks) / MEGABYTE,
        "limit": limit / MEGABYTE,
    }


def anonymous() -> int:
    """Bytes in memory that belong to no file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no RssAnon: this needs Linux")


if __name__ == "__main__":
    main()
