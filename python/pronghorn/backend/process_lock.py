# SPDX-License-Identifier: Apache-2.0
"""A lock for what all threads of a process share."""

from __future__ import annotations

import os
import threading


def process_lock() -> threading.Lock:
    """A lock that a forked child finds free, whoever held it in the parent at that moment.

    >>> from pronghorn.backend.process_lock import process_lock
    >>> with process_lock() as held:
    ...     held
    True
    """
    lock = threading.Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lock._at_fork_reinit)  # type: ignore[attr-defined]
    return lock
