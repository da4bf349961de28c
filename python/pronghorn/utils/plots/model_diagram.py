# SPDX-License-Identifier: Apache-2.0
"""What there is to say about a model in a picture: a card for each layer, and who feeds whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pronghorn._structure import flatten

_SHAPES_SHOWN = 3  # of the inputs or outputs of one layer


@dataclass(frozen=True)
class Show:
    """What a card says besides the class of its layer, by the arguments of `plot_model`."""

    show_shapes: bool = False
    show_dtype: bool = False
    show_layer_names: bool = False
    show_layer_activations: bool = False
    show_trainable: bool = False
    expand_nested: bool = False


@dataclass(frozen=True)
class Card:
    """A layer.

    Attributes:
        key: tells it from all others.
        role: "input", "weights", "model" or "" - what it is, for its color.
        name, type_name, activation, shapes, dtype: texts; "" where not shown.
        trainable: whether its weights are; None where not shown, or where there are none.
        inside: the layers of an expanded model.
    """

    key: str
    role: str
    type_name: str
    name: str = ""
    activation: str = ""
    shapes: str = ""
    dtype: str = ""
    trainable: bool | None = None
    inside: Diagram | None = None


@dataclass
class Diagram:
    """Cards, the edges between them as pairs of keys, and where tensors come in and go out.

    Attributes:
        sources, sinks: for each input and output of the model, the key of its card. If it is in an
            expanded model, that of the innermost card; so it is with edges.
    """

    cards: list[Card] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    sinks: list[str] = field(default_factory=list)


def check(model: Any, rankdir: str) -> None:
    """Raises ValueError if the model is not built, or the direction is none."""
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built: call it on data, or `build(input_shape)`, before "
            "it is drawn."
        )
    if rankdir not in ("TB", "BT", "LR", "RL"):
        raise ValueError(f"`rankdir` must be TB, BT, LR or RL. Received: rankdir={rankdir!r}")


def diagram_of(model: Any, show: Show, prefix: str = "") -> Diagram:
    """The diagram of a built model; a subclassed one is a single card."""
    from pronghorn.models import Sequential
    from pronghorn.models.functional import Functional

    diagram = Diagram()
    if not isinstance(model, (Functional, Sequential)):
        diagram.cards.append(_card(model, show, prefix + model.name))
        return diagram
    cards = {id(layer): _card(layer, show, prefix + layer.name) for layer in model.layers}
    diagram.cards = list(cards.values())

    def leaving(layer: Any, index: int) -> str:
        card = cards[id(layer)]
        return card.inside.sinks[index] if card.inside else card.key

    def entering(layer: Any, index: int) -> str:
        card = cards[id(layer)]
        sources = card.inside.sources if card.inside else []
        return sources[min(index, len(sources) - 1)] if sources else card.key

    if isinstance(model, Sequential):
        diagram.edges = [(leaving(a, 0), entering(b, 0)) for a, b in pairwise(model.layers)]
        if model.layers:
            diagram.sources = [entering(model.layers[0], 0)]
            diagram.sinks = [leaving(model.layers[-1], 0)]
        return diagram
    for node in model._operations:
        for i, tensor in enumerate(node.inputs):
            if tensor.node is not None:
                edge = leaving(tensor.node.layer, tensor.index), entering(node.layer, i)
                diagram.edges += [] if edge in diagram.edges else [edge]
    diagram.sources = [cards[id(t.node.layer)].key for t in model.inputs if t.node]
    diagram.sinks = [leaving(t.node.layer, t.index) for t in model.outputs if t.node]
    return diagram


def _card(layer: Any, show: Show, key: str) -> Card:
    from pronghorn.layers import InputLayer
    from pronghorn.models import Model, Sequential
    from pronghorn.models.functional import Functional
    from pronghorn.models.summary import type_name

    is_model = isinstance(layer, Model)
    role = "model" if is_model else "weights" if layer.weights else ""
    card = Card(key, "input" if isinstance(layer, InputLayer) else role, type_name(layer))
    if show.show_layer_names:
        card = replace(card, name=layer.name)
    if show.expand_nested and isinstance(layer, (Functional, Sequential)) and layer.built:
        return replace(card, name=layer.name, inside=diagram_of(layer, show, f"{key}/"))
    activation = getattr(layer, "activation", None)
    if show.show_layer_activations and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", None)
        card = replace(card, activation=str(name or activation))
    if show.show_shapes:
        card = replace(card, shapes=_shapes(layer, with_input=card.role != "input"))
    if show.show_dtype:
        dtypes = [str(t.dtype) for t in flatten(layer.output)] if layer._nodes else [layer.dtype]
        card = replace(card, dtype=", ".join(dict.fromkeys(dtypes)))
    if show.show_trainable and (layer.trainable_weights or (layer.weights and not layer.trainable)):
        card = replace(card, trainable=bool(layer.trainable))
    return card


def _shapes(layer: Any, with_input: bool) -> str:
    from pronghorn.models.summary import output_shape

    if not layer._nodes:
        return output_shape(layer)
    outputs = _listed([str(tuple(t.shape)) for t in flatten(layer.output)])
    if not with_input:
        return outputs
    return f"{_listed([str(tuple(t.shape)) for t in flatten(layer.input)])} → {outputs}"


def _listed(shapes: list[str]) -> str:
    """Few shapes in full, many in short: `4 × (None, 8)`."""
    parts = [f"{n} × {shape}" if n > 1 else shape for shape, n in Counter(shapes).items()]
    more = [f"{len(parts) - _SHAPES_SHOWN} more"] if len(parts) > _SHAPES_SHOWN else []
    return ", ".join(parts[:_SHAPES_SHOWN] + more) or "?"
