# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn.utils.plots.style import COLORS, new_axes, note, tidy


def plot_sweep(sweep: Any, axes: Any = None) -> Any:
    """The picture of a `LearningRateSweep`."""
    axes = new_axes("LearningRateSweep.plot", (6.4, 4.0), axes)
    axes.plot(sweep.rates, sweep.losses, color=COLORS[0], alpha=0.3, linewidth=1, label="batches")
    axes.plot(sweep.rates, sweep.smooth_losses, color=COLORS[0], linewidth=2, label="smoothed")
    at = float(np.interp(sweep.suggestion, sweep.rates, sweep.smooth_losses))
    axes.axvline(sweep.suggestion, color=COLORS[1], linewidth=1, linestyle=(0, (3, 3)))
    axes.plot(sweep.suggestion, at, "o", color=COLORS[1], mec="white", ms=9, zorder=3)
    note(axes, f"  suggestion: {sweep.suggestion:.2g}", (sweep.suggestion, at), "left")
    axes.set_xscale("log")
    # The explosion at the end would flatten what there is to see.
    start, least = float(sweep.smooth_losses[0]), float(sweep.smooth_losses.min())
    space = max(start - least, 0.1 * abs(start))
    axes.set_ylim(least - 0.15 * space, start + 0.35 * space)
    tidy(axes, "", "learning rate", "loss")
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return axes
