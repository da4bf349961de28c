# SPDX-License-Identifier: Apache-2.0
"""Names that Keras would give: dense, dense_1, dense_2, ... in the order of creation."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pronghorn.backend.process_lock import process_lock

_lock = process_lock()
_used: Counter[str] = Counter()
_uids: Counter[str] = Counter()
_of_thread = threading.local()
_resets: list[Callable[[], None]] = []


def auto_name(prefix: str) -> str:
    """The next free name for a prefix in this process (or in a scope of `own_names`)."""
    used = getattr(_of_thread, "used", _used)
    with _lock:
        number = used[prefix]
        used[prefix] += 1
    return f"{prefix}_{number}" if number else prefix


@contextmanager
def own_names() -> Iterator[None]:
    """A scope in which this thread's automatic names start anew, whatever other threads do."""
    outer = getattr(_of_thread, "used", _used)
    _of_thread.used = Counter()
    try:
        yield
    finally:
        _of_thread.used = outer


def function_name(function: Callable[..., Any]) -> str:
    """What a loss or metric made from a function is called in the logs.

    >>> from pronghorn.backend.naming import function_name
    >>> function_name(abs), function_name(lambda x: x)
    ('abs', 'lambda')
    """
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def get_uid(prefix: str = "") -> int:
    """The next number for a prefix: 1, 2, 3, ... until `clear_session()`."""
    with _lock:
        _uids[prefix] += 1
        return _uids[prefix]


def call_on_clear_session(reset: Callable[[], None]) -> Callable[[], None]:
    """Decorator of a function that puts some global setting back."""
    _resets.append(reset)
    return reset


def clear_session(free_memory: bool = True) -> None:
    """Start the automatic names anew and forget the global dtype policy.

    Args:
        free_memory: accepted for Keras's sake; what nobody holds is freed in any case.
    """
    getattr(_of_thread, "used", _used).clear()
    _uids.clear()
    for reset in _resets:
        reset()
