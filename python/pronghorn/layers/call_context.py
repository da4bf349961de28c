# SPDX-License-Identifier: Apache-2.0
"""What a call of a layer inherits from the call around it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Context(threading.local):
    depth = 0
    training: bool | None = None


_context = _Context()


def inherited_training() -> bool | None:
    """The `training` of the surrounding call, None outside of any."""
    return _context.training


@contextmanager
def call_context(training: bool) -> Iterator[bool]:
    """The scope of one call; tells whether it is the outermost."""
    outer = _context.training
    _context.depth += 1
    _context.training = training
    try:
        yield _context.depth == 1
    finally:
        _context.depth -= 1
        _context.training = outer
