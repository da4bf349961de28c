# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any


def get_source_inputs(tensor: Any) -> list[Any]:
    """The inputs that a tensor of a functional model is computed from, each once.

    Args:
        tensor: what `Input` or a layer called on its results returned.

    >>> import pronghorn as keras
    >>> a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    >>> total = keras.layers.add([keras.layers.Dense(2)(a), b])
    >>> [tensor.name for tensor in keras.utils.get_source_inputs(total)]
    ['a', 'b']
    """
    found: dict[int, Any] = {}
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        earlier = current.node.inputs if current.node is not None else []
        if not earlier:
            found[id(current)] = current
        stack += reversed(earlier)
    return list(found.values())
