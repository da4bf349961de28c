# SPDX-License-Identifier: Apache-2.0
"""What all pictures have in common: colors, and axes without clutter."""

from __future__ import annotations

from typing import Any

from pronghorn._extras import require

# Told apart by people of any color vision, and on white and dark paper (Okabe and Ito, "Color
# Universal Design", 2008; the yellow is left out: it is too light for a line).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
FAINT = "#8a949e"


def pyplot(who: str) -> Any:
    """`matplotlib.pyplot`, or an ImportError that says how to get it."""
    return require("matplotlib.pyplot", "pronghorn[plot]", who)


def new_axes(who: str, size: tuple[float, float], axes: Any = None) -> Any:
    """The given axes, or those of a new figure of `size` inches."""
    if axes is not None:
        return axes
    return pyplot(who).subplots(figsize=size, layout="constrained")[1]


def tidy(axes: Any, title: str = "", x: str = "", y: str = "", grid: bool = True) -> None:
    """Labels, and no frame where there is nothing to read."""
    axes.set_title(title, fontsize=11, loc="left", fontweight="bold")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.tick_params(labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    axes.grid(False)
    if grid:
        axes.grid(color=FAINT, linewidth=0.6, alpha=0.3)
    axes.set_axisbelow(True)


def note(axes: Any, text: str, at: tuple[float, float], align: str = "center") -> None:
    """A small text above a point, readable on top of lines in any style of matplotlib."""
    from matplotlib import rcParams

    axes.annotate(
        text,
        at,
        (0, 9),
        textcoords="offset points",
        ha=align,
        fontsize=9,
        bbox={"fc": rcParams["axes.facecolor"], "ec": "none", "alpha": 0.75, "pad": 1},
    )
