# SPDX-License-Identifier: Apache-2.0
"""What a layer holds: layers and weights among its attributes, also in lists and dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pronghorn._configurable import Given
from pronghorn.backend import init_scope
from pronghorn.random.seed_generator import global_generator

_Kind = TypeVar("_Kind")


_CONTAINERS = (list, tuple, dict)
# What holds nothing: most attributes, and what a constructor was given, which they come from.
_PLAIN = frozenset({type(None), bool, int, float, str, Given})


def held(kind: type[_Kind] | tuple[type[_Kind], ...], values: Iterable[Any]) -> list[_Kind]:
    """The objects of a kind (or of some kinds) among values, also in lists, tuples and dicts."""
    found: list[_Kind] = []
    for value in values:
        if type(value) in _PLAIN:
            continue
        if isinstance(value, kind):
            found.append(value)
        elif isinstance(value, _CONTAINERS) and value:
            found += held(kind, value.values() if isinstance(value, dict) else value)
    return found


def attributes(layer: Any) -> list[Any]:
    """Values of the attributes, in order of assignment, as they are at one moment."""
    return list(vars(layer).values())


@contextmanager
def unchanged_on_error(root: Any) -> Iterator[None]:
    """Puts the layers that are not built yet back to what they were if building fails.

    Otherwise the weights made before the error would be there for good, with shapes that the next
    attempt, on better data, does not fit. The next attempt also gets the same random numbers.
    """
    before = []
    seeds = global_generator().state
    position = seeds.numpy()
    for layer in root._flatten_layers():
        if not layer.built:
            kept = dict(vars(layer))
            grown = [v for v in kept.values() if isinstance(v, list | dict)]
            before.append((layer, kept, [(v, v.copy()) for v in grown]))
    try:
        yield
    except BaseException:
        with init_scope():
            seeds.assign(position)
        for layer, kept, containers in before:
            layer.__dict__.clear()
            layer.__dict__.update(kept)
            for container, content in containers:
                container.clear()
                put_back = container.extend if isinstance(container, list) else container.update
                put_back(content)
        raise
