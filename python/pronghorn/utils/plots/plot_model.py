# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pronghorn._extras import require
from pronghorn.saving.atomic import atomic_file
from pronghorn.utils.plots.model_diagram import Show, check, diagram_of
from pronghorn.utils.plots.model_dot import model_to_dot
from pronghorn.utils.plots.model_drawing import draw_diagram

_MOST_PIXELS = 60_000  # along a side


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Any:
    """Draw the layers of a model, and how they are connected, into a file.

    Graphviz draws it if it is installed, with pydot; otherwise matplotlib alone does, much the
    same. A subclassed model is a single card.

    Args:
        model: built.
        to_file: what to write; its ending tells the format: `.png`, `.svg` or `.pdf`.
        show_shapes: say the shapes of what goes in and comes out, None where they vary.
        show_dtype: say the dtype of what comes out.
        show_layer_names: say the names of the layers, besides their classes.
        rankdir: where the flow goes: "TB" (down), "BT" (up), "LR" or "RL".
        expand_nested: draw the layers of models within the model.
        dpi: dots per inch.
        show_layer_activations: say the activations.
        show_trainable: say which layers with weights are trainable, and which are frozen.
        splines: how Graphviz draws edges: "ortho", "curved", "polyline", "spline" or "line".

    Returns:
        In a notebook the picture, which appears below the cell; elsewhere None.

    Raises:
        ImportError: there is neither Graphviz with pydot nor matplotlib.
        ValueError: the model is not built, or `rankdir` is no direction.

    Example:
    >>> import pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> keras.utils.plot_model(model, "/tmp/model.png", show_shapes=True)  # doctest: +SKIP
    """
    check(model, rankdir)
    path = Path(to_file)
    ending = path.suffix[1:] or "png"
    said = {
        "show_shapes": show_shapes,
        "show_dtype": show_dtype,
        "show_layer_names": show_layer_names,
        "show_layer_activations": show_layer_activations,
        "show_trainable": show_trainable,
        "expand_nested": expand_nested,
    }
    with atomic_file(path) as temporary:
        if shutil.which("dot") and find_spec("pydot"):
            dot = model_to_dot(model, **said, rankdir=rankdir, dpi=dpi, splines=splines)
            dot.write(str(temporary), format=ending)
        else:
            require("matplotlib", "pronghorn[plot]", "plot_model (without Graphviz)")
            figure = draw_diagram(diagram_of(model, Show(**said)), rankdir)
            # A very long one gets fewer dots: the renderer of matplotlib ends at 2**16 pixels.
            most = _MOST_PIXELS / max(figure.get_size_inches())
            figure.savefig(temporary, format=ending, dpi=min(dpi, most))
    if "ipykernel" in sys.modules and ending in ("png", "svg"):
        from IPython import display

        return (display.Image if ending == "png" else display.SVG)(filename=str(path))
    return None
