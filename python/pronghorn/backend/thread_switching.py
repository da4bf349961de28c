# SPDX-License-Identifier: Apache-2.0
"""How long a Python thread that comes back from the engine waits for another one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pronghorn.backend.process_lock import process_lock

# Tracing a model keeps Python busy for some milliseconds without a pause, and a thread that wants
# to begin its next epoch waits for the whole of Python's interval, 5 ms by default. In a run each,
# two threads that train 60 networks (benchmarks.many_models) were 1.61 times as fast as one with
# 5 ms, 1.77 times with 0.5 and 1.89 times with 0.05; in another, 1.82 times with 5 ms.
_SECONDS = 1e-4

_lock = process_lock()
_users = 0
_before = 0.0


@contextmanager
def quick_switching() -> Iterator[None]:
    """A scope in which the threads of this process take turns in Python every 0.1 ms.

    For threads that are in the engine most of the time. Any number of threads may be in such a
    scope; the last one to leave puts the interval back.
    """
    global _users, _before
    with _lock:
        if _users == 0:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(min(_before, _SECONDS))
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                sys.setswitchinterval(_before)
