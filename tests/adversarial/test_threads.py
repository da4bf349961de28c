# SPDX-License-Identifier: Apache-2.0
"""Threads that do different things at once; `python -m tests.adversarial.threads` does more."""

from __future__ import annotations

from tests.adversarial.threads import in_a_new_interpreter


def test_what_threads_compute_at_once_is_what_each_computes_alone() -> None:
    done = in_a_new_interpreter(threads=4, repeats=1)
    assert done.returncode == 0, done.stderr
