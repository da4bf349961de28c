# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from html import escape
from typing import Any

from pronghorn._extras import require
from pronghorn.utils.plots.model_diagram import Card, Diagram, Show, check, diagram_of
from pronghorn.utils.plots.model_drawing import (
    BODY,
    CLUSTER,
    CLUSTER_EDGE,
    EDGE,
    ROLE_COLORS,
    TEXT,
    TRAINABLE_COLORS,
)


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Any:
    """The graph of a model in the language of Graphviz, through pydot.

    Args:
        model: built.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what to
            say of each layer.
        rankdir: where the flow goes: "TB" (down), "BT", "LR" or "RL".
        expand_nested: draw the layers of models within the model.
        dpi: dots per inch of a picture made of it.
        subgraph: return a cluster, for a larger graph.
        splines: how edges run: "ortho", "curved", "polyline", "spline" or "line".

    Returns:
        A `pydot.Dot`, or a `pydot.Cluster`.

    Raises:
        ImportError: pydot is missing.
        ValueError: the model is not built, or `rankdir` is no direction.

    Example:
    >>> import pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")])
    >>> "out" in keras.utils.model_to_dot(model).to_string()
    True
    """
    pydot = require("pydot", "pronghorn[plot]", "model_to_dot")
    check(model, rankdir)
    said = (show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    if subgraph:
        graph = _cluster(pydot, model.name)
    else:
        graph = pydot.Dot(
            "model", graph_type="digraph", rankdir=rankdir, dpi=dpi, splines=splines, pad=0.15
        )
        graph.set_node_defaults(shape="plain", fontname="Helvetica")
        graph.set_edge_defaults(color=EDGE, penwidth=1.2, arrowsize=0.7)
    _fill(pydot, graph, diagram_of(model, Show(*said, expand_nested)))
    return graph


def _fill(pydot: Any, graph: Any, diagram: Diagram) -> None:
    for card in diagram.cards:
        if card.inside is None:
            graph.add_node(pydot.Node(_quoted(card.key), label=_label(card)))
        else:
            cluster = _cluster(pydot, card.key, f"{card.name}  ({card.type_name})")
            _fill(pydot, cluster, card.inside)
            graph.add_subgraph(cluster)
    for a, b in diagram.edges:
        graph.add_edge(pydot.Edge(_quoted(a), _quoted(b)))


def _cluster(pydot: Any, key: str, label: str = "") -> Any:
    return pydot.Cluster(
        "".join(c if c.isalnum() else f"_{ord(c)}" for c in key),  # pydot quotes no such names
        label=_quoted(label or key),
        labeljust="l",
        style="rounded,filled",
        fillcolor=CLUSTER,
        color=CLUSTER_EDGE,
        fontcolor=ROLE_COLORS["model"],
        fontname="Helvetica",
        fontsize=11,
        margin=14,
    )


def _label(card: Card) -> str:
    """A table in Graphviz's HTML."""
    color = ROLE_COLORS[card.role]
    title = f"<b>{escape(card.name or card.type_name)}</b>"
    if card.name:
        title += f"  {escape(card.type_name)}"
    if card.activation:
        title += f'   <font color="#dde6ee"><i>{escape(card.activation)}</i></font>'
    marks = [escape(card.dtype)] if card.dtype else []
    if card.trainable is not None:
        word = "trainable" if card.trainable else "frozen"
        marks.append(f'<font color="{TRAINABLE_COLORS[card.trainable]}"><b>{word}</b></font>')
    lines = [escape(card.shapes)] if card.shapes else []
    lines += ["   ".join(marks)] if marks else []
    rows = [f'<td bgcolor="{color}"><font color="white" point-size="13">{title}</font></td>']
    for line in lines:
        sides = "LRB" if line is lines[-1] else "LR"
        text = f'<font color="{TEXT}" point-size="11">{line}</font>'
        rows.append(f'<td bgcolor="{BODY}" sides="{sides}">{text}</td>')
    table = f'<table border="0" color="{color}" cellborder="1" cellspacing="0" cellpadding="5">'
    return f"<{table}{''.join(f'<tr>{row}</tr>' for row in rows)}</table>>"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
