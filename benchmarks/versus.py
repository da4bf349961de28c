# SPDX-License-Identifier: Apache-2.0
"""How does pronghorn compare with other libraries at the same work?

Run `python -m benchmarks.versus` from the repository; `--help` lists its options. Each library runs
in a process of its own, through the calls that its users make; all start from the same weights.
They are measured in turn, round after round. What is not installed is left out:
`pip install ".[bench]"` installs the peers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.rivals import RIVALS, installed
from benchmarks.timing import PAUSE, print_table
from benchmarks.workloads import WORKLOADS, Workload, grid

OURS = "pronghorn"


@dataclass
class Result:
    """What one library did with one workload: seconds of each epoch or call."""

    work: str
    rival: str
    times: list[float] = field(default_factory=list)
    imported: float = 0.0
    ready: float = 0.0
    check: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def best(self) -> float:
        return min(self.times)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


class Process:
    """A library at work elsewhere (see rivals/process.py)."""

    def __init__(self, rival: str, work: str, folder: str, cpus: set[int], epochs: int) -> None:
        self.result = Result(work, rival)
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by `end`)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rivals.process", rival, work, folder, str(epochs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None,
        )
        answer = self._read()
        if answer:
            self.result.imported, self.result.ready = answer["imported"], answer["ready"]
            self.result.check = answer["check"]

    def measure(self, seconds: float) -> None:
        """Adds the times of one round."""
        if self.result.failure:
            return
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        answer = self._read()
        if answer:
            self.result.times += answer["times"]

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines() or ["no message"]
        errors = [line for line in said if "Error" in line] or said
        self.result.failure = f"exit {self._process.returncode}: {errors[-1]}"
        return {}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures, prints the tables, draws the picture."""
    options = arguments(argv)
    cpus = set(sorted(os.sched_getaffinity(0))[: options.threads]) if options.threads else set()
    works = list(grid().values()) if options.grid else [WORKLOADS[n] for n in options.work]
    threads = options.threads or len(os.sched_getaffinity(0))

    from pronghorn import _core

    peak = _core.measure_fma_peak(threads)
    print(machine(threads, peak))
    print(
        f"Best of {options.rounds} rounds of {options.seconds} s, each library in its own process; "
        f"{options.epochs} epoch(s) in a call of `fit`."
    )
    results: list[Result] = []
    with progress(len(works) * options.rounds) as advance:
        for work in works:
            results += measure(work, options, cpus, advance)
    report(works, results, peak)
    if options.json:
        record = {
            "machine": machine(threads, peak),
            "epochs": options.epochs,
            "results": [asdict(r) for r in results],
        }
        Path(options.json).write_text(json.dumps(record, indent=1))
    if options.picture:
        draw(works, results, options.picture, machine(threads, peak))


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versus", description=__doc__)
    parser.add_argument("--work", nargs="+", choices=[*WORKLOADS], default=[*WORKLOADS])
    parser.add_argument("--rivals", nargs="+", choices=[*RIVALS], default=installed())
    parser.add_argument("--grid", action="store_true", help="widths x batches instead of --work")
    parser.add_argument("--threads", type=int, help="CPUs for each library (all)")
    parser.add_argument(
        "--epochs", type=int, default=1, help="in a call of `fit`, timed as one (1)"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each round, at least (0.5)")
    parser.add_argument("--json", metavar="FILE", help="keep all times")
    parser.add_argument("--picture", metavar="FILE", default="versus.png", help="(versus.png)")
    options = parser.parse_args(argv)
    if options.epochs < 1:
        parser.error(f"--epochs must be at least 1. Received: {options.epochs}")
    return options


def machine(threads: int, peak: float) -> str:
    """What the numbers were measured on."""
    from pronghorn import config

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        facts = dict(
            (part.strip() for part in line.split(":", 1))
            for line in cpuinfo.read_text().splitlines()
            if ":" in line
        )
        name = facts.get("model name", name)
        if "cpu family" in facts:
            name += f" (family {facts['cpu family']}, model {facts['model']})"
    return (
        f"{name}, {threads} CPU(s), {config.instruction_set()}, measured peak "
        f"{peak:.0f} GFLOP/s of float32 multiply-adds."
    )


@contextmanager
def progress(total: int) -> Iterator[Any]:
    """A bar on the error stream; yields a function that advances it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(description: str, by: int = 0) -> None:
            bar.update(task, description=description, advance=by)

        yield advance


def measure(
    work: Workload, options: argparse.Namespace, cpus: set[int], advance: Any
) -> list[Result]:
    """All libraries at one workload, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        advance(f"{work.name}: data")
        work.save(Path(folder))
        processes = []
        try:
            for rival in options.rivals:
                if can(rival, work):
                    advance(f"{work.name}: {rival} sets up")
                    processes.append(Process(rival, work.name, folder, cpus, options.epochs))
            for number in range(options.rounds):
                for process in processes:
                    advance(f"{work.name}: round {number + 1}, {process.result.rival}")
                    time.sleep(PAUSE)  # other libraries' threads go on spinning for a while
                    process.measure(options.seconds)
                advance(work.name, 1)
        finally:
            for process in processes:
                process.end()
    return [process.result for process in processes]


def can(rival: str, work: Workload) -> bool:
    """Whether the library does this kind of work."""
    return work.predicts or rival not in ("pronghorn:predictor", "onnxruntime")


def report(works: Sequence[Workload], results: Sequence[Result], peak: float) -> None:
    """Prints times, then how many times longer the others take, then what went wrong."""
    table = {(r.work, r.rival): r for r in results if r.times}
    rivals = list(dict.fromkeys(r.rival for r in results))
    for title, predicts in (("an epoch of training", False), ("a prediction", True)):
        chosen = [w for w in works if w.predicts == predicts and (w.name, OURS) in table]
        columns = [r for r in rivals if any((w.name, r) in table for w in chosen)]
        if not chosen:
            continue
        print(f"\nBest time of {title}, and pronghorn's share of the peak:\n")
        rows = []
        for work in chosen:
            ours = table[work.name, OURS]
            share = work.flop() / ours.best / 1e9 / peak
            cells = [duration(table.get((work.name, rival))) for rival in columns]
            rows.append([describe(work), f"{share:.0%}", *cells])
        print_table(["", "of peak", *columns], rows)
        print("\nTimes as long as pronghorn, by the best times:\n")
        rows = []
        for work in chosen:
            ours = table[work.name, OURS]
            ratios = {
                r: table[work.name, r].best / ours.best for r in columns if (work.name, r) in table
            }
            rows.append(
                [describe(work), *(f"{ratios[r]:.3g}" if r in ratios else "" for r in columns)]
            )
        print_table(["", *columns], rows)
    print()
    for result in results:
        if result.failure:
            print(f"{result.rival} failed at {result.work}: {result.failure}")
            continue
        expected = table[result.work, OURS].check if (result.work, OURS) in table else result.check
        work = next(w for w in works if w.name == result.work)
        if not agrees(result, expected, work):
            print(f"{result.rival} at {result.work} computes {result.check}, not {expected}")


def agrees(result: Result, expected: Sequence[float], work: Workload) -> bool:
    """Whether a library has computed what pronghorn has.

    Predictions must be equal; the loss after an epoch depends on the order of the rows, and, with
    scikit-learn, on first weights of its own.
    """
    if work.predicts:
        own_weights = result.rival == "scikit-learn"
        pairs = zip(result.check, expected, strict=False)
        return own_weights or all(abs(a - b) <= 1e-4 * (1 + abs(b)) for a, b in pairs)
    return 0.5 < (result.check[0] + 0.05) / (expected[0] + 0.05) < 2


def describe(work: Workload) -> str:
    sizes = "-".join(map(str, work.sizes))
    if work.predicts:
        return f"{sizes}, {work.batch} row{'s' * (work.batch > 1)}"
    return f"{work.data} {sizes}, {work.optimizer}, batch {work.batch}"


def duration(result: Result | None) -> str:
    """Three digits."""
    if result is None:
        return ""
    for unit, scale in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if result.best >= scale or unit == "us":
            return f"{result.best / scale:.3g} {unit}"
    raise AssertionError


def draw(works: Sequence[Workload], results: Sequence[Result], file: str, subtitle: str) -> None:
    """One line per workload, one mark per library: how many times as long as pronghorn it takes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    table = {(r.work, r.rival): r.best for r in results if r.times}
    chosen = [w for w in works if (w.name, OURS) in table]
    rivals = [r for r in RIVALS if r != OURS and any((w.name, r) in table for w in chosen)]
    marks = "osD^v<>PX*hp"
    figure, axes = plt.subplots(figsize=(9, 1.6 + 0.5 * len(chosen)), layout="constrained")
    places = range(len(chosen) - 1, -1, -1)
    axes.axvline(1, color="black", linewidth=2, zorder=1)
    axes.text(1, len(chosen) - 0.45, "pronghorn", ha="center", va="bottom", weight="bold")
    for rival, mark, color in zip(
        rivals, marks, plt.get_cmap("tab20").colors[::2] * 2, strict=False
    ):
        points = [
            (table[w.name, rival] / table[w.name, OURS], place)
            for w, place in zip(chosen, places, strict=True)
            if (w.name, rival) in table
        ]
        axes.scatter(*zip(*points, strict=True), marker=mark, color=color, label=rival, zorder=2)
    axes.set_xscale("log")
    axes.set_yticks(list(places), [describe(w) for w in chosen])
    axes.set_ylim(-0.6, len(chosen) - 0.4)
    axes.grid(axis="both", alpha=0.3)
    axes.set_xlabel("times as long as pronghorn (further right is slower)\n" + subtitle, fontsize=8)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(file, dpi=150)
    print(f"Picture: {file}")


if __name__ == "__main__":
    main()
