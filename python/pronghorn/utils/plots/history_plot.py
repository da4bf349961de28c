# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pronghorn.utils.plots.style import COLORS, FAINT, note, pyplot, tidy

_COLUMNS = 3
_LOG_FROM = 100.0  # a curve that falls by this factor shows nothing of its end on a linear axis

# name in the logs -> numbers of the epochs from 1, and values
Curves = Mapping[str, tuple[Sequence[int], Sequence[float]]]


def plot_history(curves: Curves, names: Sequence[str], best: str, lowest: bool) -> np.ndarray:
    """Training and validation curves, with the best epoch marked.

    Args:
        curves: what was logged.
        names: what to draw, a panel each; the curve `val_<name>` joins that of `name`.
        best: the curve whose best epoch is marked; "" marks none.
        lowest: whether its best value is the lowest.

    Returns:
        The axes, one for each name.
    """
    columns = min(len(names), _COLUMNS)
    rows = math.ceil(len(names) / columns)
    figure, grid = pyplot("History.plot").subplots(
        rows, columns, figsize=(4.8 * columns, 3.5 * rows), layout="constrained", squeeze=False
    )
    for spare in grid.flat[len(names) :]:
        spare.remove()
    epoch = _best_epoch(curves, best, lowest)
    for axes, name in zip(grid.flat, names, strict=False):
        _panel(axes, curves, name, epoch)
    return grid.flat[: len(names)]


def _panel(axes: Any, curves: Curves, name: str, best: int | None) -> None:
    shown = [key for key in (name, f"val_{name}") if key in curves]
    for key in shown:
        validation = key != name
        epochs, values = curves[key]
        color, label = COLORS[validation], "validation" if validation else "training"
        alone = "o" if len(epochs) == 1 else None  # one point makes no line
        axes.plot(epochs, values, marker=alone, color=color, label=label, linewidth=1.8)
        if best is not None and best in epochs and key == shown[-1]:
            value = values[list(epochs).index(best)]
            axes.plot(best, value, "o", color=color, mec="white", ms=8, zorder=3)
            near_the_end = best > 0.85 * max(curves[name][0])
            note(axes, f"{value:.4g}", (best, value), "right" if near_the_end else "center")
    if best is not None:
        dashes = {"color": FAINT, "linewidth": 1, "linestyle": (0, (3, 3)), "zorder": 1}
        axes.axvline(best, label=f"best epoch: {best}", **dashes)
    tidy(axes, title=name, x="epoch")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    every = np.concatenate([np.asarray(curves[key][1], float) for key in shown])
    every = every[np.isfinite(every)]
    if len(every) and every.min() > 0 and every.max() > _LOG_FROM * every.min():
        axes.set_yscale("log")
    axes.legend(frameon=False, fontsize=9)


def _best_epoch(curves: Curves, name: str, lowest: bool) -> int | None:
    if name not in curves:
        return None
    epochs, values = curves[name]
    scores = np.asarray(values, float) * (1 if lowest else -1)
    return None if np.isnan(scores).all() else int(epochs[int(np.nanargmin(scores))])
