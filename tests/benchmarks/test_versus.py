# SPDX-License-Identifier: Apache-2.0
"""The benchmarks run where only NumPy is there to compare with, and print their rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.numpy_mlp import NumpyMLP
from benchmarks.workloads import WORKLOADS, grid

REPOSITORY = Path(__file__).parents[2]


def run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_versus_prints_ratios_and_keeps_times(tmp_path: Path) -> None:
    record, picture = tmp_path / "times.json", tmp_path / "versus.png"
    printed = run(
        *("versus", "--rivals", "pronghorn", "pronghorn:predictor", "numpy", "--rounds", "2"),
        *("--epochs", "2", "--seconds", "0.01", "--work", "full-batch", "one-row-small"),
        *("--json", str(record), "--picture", str(picture)),
    )
    assert "synthetic 4-32-16-4, adam, batch 10000" in printed
    assert "10-64-64-1, 1 row" in printed
    assert "computes" not in printed  # all agree
    assert "failed" not in printed
    results = json.loads(record.read_text())["results"]
    assert {(r["work"], r["rival"]) for r in results} >= {("full-batch", "numpy")}
    assert all(min(r["times"]) > 0 for r in results)
    assert picture.stat().st_size > 10_000


def test_memory_counts_no_copy_of_the_data() -> None:
    rows = [line.split("|") for line in run("memory", "--rows", "4000").splitlines()[-3:]]
    for _, dtype, data, _, took, _ in rows:
        if dtype.strip() == "float64":
            assert float(took) < float(data)


def test_kernels_prints_each_part_in_two_sizes() -> None:
    printed = run("kernels", "--rounds", "1", "--seconds", "0.001")
    assert printed.count("Adam's update") == 2


def test_overheads_prints_its_cases() -> None:
    printed = run("overheads", "--rows", "660", "--rounds", "1")
    assert "with accuracy, progress bar, validation" in printed


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_numpy_gradients_are_differences(activation: str) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=s) for s in ((3, 4), (4,), (4, 2), (2,))]
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    gradients = NumpyMLP(weights, "mse", "sgd", 0.1, activation).gradients(x, y)
    for i, weight in enumerate(weights):
        at = (0,) * weight.ndim
        losses = []
        for step in (1e-6, -1e-6):
            moved = [w.copy() for w in weights]
            moved[i][at] += step
            losses.append(
                float(np.mean((NumpyMLP(moved, "mse", "sgd", 0.1, activation).forward(x) - y) ** 2))
            )
        # Central differences err by 1e-6**2 times a third derivative, and by rounding over 1e-6.
        assert gradients[i][at] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-5, abs=1e-8)


def test_floating_point_operations_are_those_of_the_products() -> None:
    assert WORKLOADS["mnist-sgd"].flop() == 2 * 55_000 * (3 * 266_200 - 235_200)
    assert all(work.rows % work.batch == 0 for work in grid().values())
