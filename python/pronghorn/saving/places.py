# SPDX-License-Identifier: Apache-2.0
"""Where a file has the state of each part of a model.

A file addresses weights by position and class, never by layer name: `layers/dense_1/vars/0` is the
kernel of the second Dense of the model.
"""

from __future__ import annotations

from typing import Any

from pronghorn._configurable import to_snake_case
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.layer import Layer
from pronghorn.models.functional import Functional
from pronghorn.models.model import Model
from pronghorn.models.sequential import Sequential


def places(model: Layer) -> list[tuple[str, Layer]]:
    """Every layer once, with the path under which a file holds its own weights."""
    found: dict[int, tuple[str, Layer]] = {}

    def visit(layer: Layer, place: str) -> None:
        if id(layer) in found:
            return
        found[id(layer)] = (place, layer)
        for name, value in _children(layer):
            below = f"{place}/{name}" if place else name
            if isinstance(value, Layer):
                visit(value, below)
            else:
                visit_container(value, below)

    def visit_container(container: Any, place: str) -> None:
        used: dict[str, int] = {}

        def numbered(name: str) -> str:
            number = used.get(name, 0)
            used[name] = number + 1
            return f"{place}/{name}_{number}" if number else f"{place}/{name}"

        for item in container.values() if isinstance(container, dict) else container:
            if isinstance(item, Layer):
                visit(item, numbered(to_snake_case(type(item).__name__)))
            elif isinstance(item, list | tuple | dict):
                visit_container(item, numbered("container"))

    visit(model, "")
    return list(found.values())


def _children(layer: Layer) -> list[tuple[str, Any]]:
    """Attributes that hold layers, in the order in which Keras walks them."""
    if isinstance(layer, Sequential):
        return [("layers", [x for x in layer._layers if not isinstance(x, InputLayer)])]
    attributes = {
        name: value
        for name, value in vars(layer).items()
        if isinstance(value, Layer | list | tuple | dict) and name not in _NO_PARTS
    }
    ordered = sorted(attributes.items(), key=lambda item: (item[0].startswith("_"), item[0]))
    if isinstance(layer, Functional):
        return [("layers", layer.layers), *(x for x in ordered if x[0] != "_layers")]
    if isinstance(layer, Model):
        at = sum(name < "layers" and not name.startswith("_") for name, _ in ordered)
        ordered.insert(at, ("layers", layer.layers))
    return ordered


# What every layer has: layers that stand in these are not parts of it, or not only.
_NO_PARTS = ("_nodes", "_arguments")
