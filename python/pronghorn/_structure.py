# SPDX-License-Identifier: Apache-2.0
"""Nested lists, tuples and dicts of arrays or tensors: what a model takes and returns.

A leaf is anything that is not a list, a tuple, a dict or `None`. `None` is an empty place: it has
no leaves and stays where it is. Dicts are walked by sorted key, so that two dicts with the same
keys agree.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any


def is_nested(value: Any) -> bool:
    """Whether `value` is a container rather than a leaf."""
    return isinstance(value, (list, tuple, dict))


def flatten(structure: Any) -> list[Any]:
    """The leaves of `structure`, left to right (dicts by sorted key)."""
    if structure is None:
        return []
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def pack(structure: Any, leaves: Sequence[Any]) -> Any:
    """`leaves` in the containers of `structure`; the inverse of `flatten`."""
    source = iter(leaves)
    packed = _fill(structure, source)
    if next(source, _NOTHING) is not _NOTHING:
        raise ValueError(
            f"{len(leaves)} leaves are too many for the structure {describe(structure)}"
        )
    return packed


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """`structure` with every leaf replaced by `function(leaf)`."""
    return pack(structure, [function(leaf) for leaf in flatten(structure)])


def key_of(structure: Any) -> Hashable:
    """A hashable picture of `structure`: equal for equal containers and equal (hashable) leaves."""
    if isinstance(structure, dict):
        return ("dict", *((key, key_of(structure[key])) for key in sorted(structure)))
    if isinstance(structure, (list, tuple)):
        return (type(structure).__name__, *(key_of(part) for part in structure))
    return structure


def describe(structure: Any) -> str:
    """The containers of `structure` with `*` for each leaf, for messages."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in structure.items()) + "}"
    if isinstance(structure, tuple):
        return (
            "(" + ", ".join(map(describe, structure)) + ("," if len(structure) == 1 else "") + ")"
        )
    if isinstance(structure, list):
        return "[" + ", ".join(map(describe, structure)) + "]"
    return "None" if structure is None else "*"


_NOTHING = object()


def _fill(structure: Any, source: Iterator[Any]) -> Any:
    if structure is None:
        return None
    if isinstance(structure, dict):
        filled = {key: _fill(structure[key], source) for key in sorted(structure)}
        return {key: filled[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        parts = [_fill(part, source) for part in structure]
        if hasattr(structure, "_fields"):  # a namedtuple takes its parts one by one
            return type(structure)(*parts)
        return tuple(parts) if isinstance(structure, tuple) else parts
    leaf = next(source, _NOTHING)
    if leaf is _NOTHING:
        raise ValueError("too few leaves for the structure")
    return leaf
