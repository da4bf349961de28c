# SPDX-License-Identifier: Apache-2.0
"""The table of `model.summary()`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pronghorn._structure import flatten
from pronghorn.layers.layer import Layer
from pronghorn.layers.operation import Operation
from pronghorn.layers.shapes import map_shape_leaves, shapes_of
from pronghorn.models.functional import Functional

# Where the columns end, as shares of the width, and the width if the terminal has room: Keras's.
_COLUMNS = ("Layer (type)", "Output Shape", "Param #", "Connected to")
_CHAIN, _CHAIN_WIDTH = (0.45, 0.80, 1.0), 88
_GRAPH, _GRAPH_WIDTH = (0.30, 0.56, 0.74, 1.0), 108


def summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: tuple[str, str] | None = None,
) -> str:
    """The summary as text."""
    from shutil import get_terminal_size

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    branches = isinstance(model, Functional) and not _is_chain(model)
    ends = list(positions or (_GRAPH if branches else _CHAIN))
    titles = list(_COLUMNS[: 4 if branches else 3])
    wanted = _GRAPH_WIDTH if branches else _CHAIN_WIDTH
    if show_trainable:
        ends, titles, wanted = (
            [0.9 * end for end in ends] + [1.0],
            [*titles, "Trainable"],
            wanted + 12,
        )
    # Four columns of the terminal stay free, as in Keras.
    width = line_length or min(wanted, get_terminal_size((80, 24)).columns - 4)
    table = Table(width=width, show_lines=True, header_style="bold")
    justify: dict[str, Any] = {"Param #": "right", "Trainable": "center"}
    for title, start, end in zip(titles, [0.0, *ends], ends, strict=False):
        column = int(end * width) - int(start * width)
        if column < 4:
            raise ValueError(
                f"A column of {column} characters is too narrow for `{title}`. "
                f"Received: line_length={line_length}, positions={positions}"
            )
        table.add_column(title, width=column, justify=justify.get(title, "left"))
    for layer, level in _rows(model, expand_nested, layer_range):
        cells = [
            ("   " * level + "└ " if level else "") + f"{layer.name} ({type_name(layer)})",
            output_shape(layer),
            f"{layer.count_params():,}" if layer.built else "0 (unbuilt)",
        ]
        if branches:
            cells.append(_connections(layer, model) if level == 0 else "")
        if show_trainable:
            cells.append(("Y" if layer.trainable else "N") if layer.weights else "-")
        table.add_row(*map(escape, cells))

    console = Console(width=max(width, 80), color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(f'Model: "{escape(model.name)}"')
        console.print(table)
        for line in _totals(model):
            console.print(line)
    return capture.get().rstrip("\n")


def _is_chain(model: Functional) -> bool:
    """Whether each layer just follows the one before, so that nobody asks what is connected."""
    layers = [node.layer for node in model._operations]
    return (
        len(model.inputs) == len(model.outputs) == 1
        and all(len(node.inputs) == 1 for node in model._operations)
        and len(set(map(id, layers))) == len(layers)
        and all(
            any(after.inputs[0] is output for output in flatten(before.outputs))
            for before, after in pairwise(model._operations)
        )
    )


def _rows(
    model: Any, expand: bool, layer_range: tuple[str, str] | None, level: int = 0
) -> list[tuple[Layer, int]]:
    layers = list(model.layers)
    if layer_range is not None:
        names = [layer.name for layer in layers]
        for name in layer_range:
            if name not in names:
                raise ValueError(f"layer_range: no layer {name!r} among {names}")
        layers = layers[names.index(layer_range[0]) : names.index(layer_range[1]) + 1]
    rows = []
    for layer in layers:
        rows.append((layer, level))
        if expand and hasattr(layer, "layers"):
            rows += _rows(layer, expand, None, level + 1)
    return rows


def output_shape(layer: Layer) -> str:
    if layer._nodes:
        shapes = shapes_of(layer.output)
    elif layer.built and layer._build_shape is not None:  # inside a subclassed model
        try:
            any_batch = map_shape_leaves(lambda s: (None, *s[1:]), layer._build_shape)
            shapes = layer.compute_output_shape(any_batch)
        except Exception:  # the user's code, for which one shape may not be enough
            return "?"
    else:
        return "?"
    texts: list[str] = []
    map_shape_leaves(lambda shape: texts.append(str(shape)), shapes)
    return ", ".join(texts)


def type_name(layer: Layer) -> str:
    """The class; for an op, the class that Keras has for it."""
    if isinstance(layer, Operation):
        return "".join(word.title() for word in layer.function.__name__.split("_"))
    return type(layer).__name__


def _connections(layer: Layer, model: Functional) -> str:
    """Where the inputs of all calls of the layer in this model come from."""
    sources = [
        f"{tensor.node.layer.name}[{tensor.node.layer._nodes.index(tensor.node)}][{tensor.index}]"
        for node in model._operations
        for tensor in node.inputs
        if node.layer is layer and tensor.node is not None
    ]
    return ", ".join(sources) or "-"


def _totals(model: Any) -> list[str]:
    def line(title: str, variables: list[Any]) -> str:
        count = sum(v.size for v in variables)
        size = float(sum(v.numpy().nbytes for v in variables))
        unit = "B"
        for larger in ("KB", "MB", "GB"):
            if size < 1024:
                break
            size, unit = size / 1024, larger
        return f" {title} params: {count:,} ({size:.2f} {unit})"

    optimizer = getattr(model, "optimizer", None)
    slots = list(optimizer.variables) if optimizer is not None and optimizer.built else []
    lines = [
        line("Total", model.weights + slots),
        line("Trainable", model.trainable_weights),
        line("Non-trainable", model.non_trainable_weights),
    ]
    return [*lines, line("Optimizer", slots)] if slots else lines
