# SPDX-License-Identifier: Apache-2.0
"""What a call of a layer inherits from the call around it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pronghorn.backend.trace import current_trace


class _Context(threading.local):
    depth = 0
    training: bool | None = None
    layers: tuple[Any, ...] = ()  # those at work, the outermost first


_context = _Context()


def inherited_training() -> bool | None:
    """The `training` of the surrounding call, None outside of any."""
    return _context.training


@contextmanager
def call_context(layer: Any, training: bool) -> Iterator[bool]:
    """The scope of one call; tells whether it is the outermost."""
    outer = _context.training
    _context.depth += 1
    _context.training = training
    try:
        with name_scope(layer):
            yield _context.depth == 1
    finally:
        _context.depth -= 1
        _context.training = outer


@contextmanager
def name_scope(layer: Any) -> Iterator[None]:
    """What is built in here has a path that begins with that of `layer`."""
    outer, trace = _context.layers, current_trace()
    if not outer or outer[-1] is not layer:
        _context.layers = (*outer, layer)
    if trace is not None:
        trace.graph.set_scope(path_in_scope(layer))
    try:
        yield
    finally:
        _context.layers = outer
        if trace is not None:
            trace.graph.set_scope("/".join(one.name for one in outer))


def path_in_scope(layer: Any) -> str:
    """The names of the layers at work and of `layer`: `model/block/dense`."""
    outer = _context.layers
    layers = outer if outer and outer[-1] is layer else (*outer, layer)
    return "/".join(one.name for one in layers)
