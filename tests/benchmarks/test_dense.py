# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs, and finds that both sides compute the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_it_prints_a_row_for_each_network_and_part():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.dense", "--rounds", "1", "--seconds", "0.001"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for row in ("784-300-100-10 sgd: forward", "8-30-1 sgd: training step in fit"):
        assert row in done.stdout
