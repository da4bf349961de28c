# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.utils.plots.style import COLORS, new_axes, tidy


def plot_decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[Any] | None = None,
    resolution: int = 300,
    axes: Any = None,
) -> Any:
    """Draw which class a classifier of two features sees where, and how sure it is.

    The paler the color, the less sure; lines are where the most probable class changes.

    Args:
        model: anything with `predict`; of an estimator with `predict_proba` that is used. A single
            output is the probability of the second of two classes; of several the largest counts.
        x: points `(n, 2)`; the picture shows where they are.
        y: their classes, `(n,)` or `(n, 1)`, or one-hot `(n, k)`, to draw the points in the colors
            of their classes.
        feature_names: labels of the two axes.
        class_names: names of the classes in the legend, in ascending order.
        resolution: points of the grid along each axis.
        axes: matplotlib's, to draw into; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: there is no matplotlib.
        ValueError: x does not have two features.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> axes = keras.utils.plot_decision_boundary(model, x, x[:, 0] > 0)
    """
    feature_names = feature_names or list(
        getattr(x, "columns", ("first feature", "second feature"))
    )
    x = np.asarray(x, float)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"`x` must be points (n, 2). Received: shape {x.shape}")
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    low, high = low - margin, high + margin
    across, up = (np.linspace(a, b, resolution) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    given = None if y is None else _class_numbers(y)
    chances = _probabilities(model, grid).reshape(resolution, resolution, -1)
    classes = max(chances.shape[-1], 0 if given is None else given.max() + 1)

    axes = new_axes("plot_decision_boundary", (6.0, 5.0), axes)
    colors = np.array([_rgb(COLORS[i % len(COLORS)]) for i in range(classes)])
    winner, sure = chances.argmax(axis=-1), chances.max(axis=-1)
    least = 1.0 / chances.shape[-1]
    strength = 0.12 + 0.43 * np.clip((sure - least) / (1.0 - least), 0.0, 1.0)[..., None]
    extent = (low[0], high[0], low[1], high[1])
    picture = 1.0 - strength + strength * colors[winner]
    axes.imshow(picture, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for number in range(chances.shape[-1]) if chances.shape[-1] > 2 else (1,):
        others = np.delete(chances, number, axis=-1).max(axis=-1)
        lead = chances[..., number] - others
        if lead.min() < 0 < lead.max():
            axes.contour(across, up, lead, levels=[0.0], colors="#303a44", linewidths=1.2)
    size = float(np.clip(600.0 / np.sqrt(len(x)), 8.0, 40.0))
    for number in range(classes) if given is not None else ():
        of_class = x[given == number]
        name = class_names[number] if class_names is not None else f"class {number}"
        axes.scatter(
            *of_class.T, s=size, color=colors[number], edgecolor="white", linewidth=0.6, label=name
        )
    if given is None:
        axes.scatter(*x.T, s=size, color="#303a44", edgecolor="white", linewidth=0.6)
    else:
        axes.legend(fontsize=9, framealpha=0.85, edgecolor="none")
    tidy(axes, "", feature_names[0], feature_names[1], grid=False)
    return axes


def _probabilities(model: Any, points: np.ndarray) -> np.ndarray:
    """`(n, k)`, k >= 2."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(points))
    if hasattr(model, "compile"):
        raw = np.asarray(model.predict(points, batch_size=4096, verbose=0))
    else:
        raw = np.asarray(model.predict(points))
    if raw.ndim == 1 and raw.dtype.kind != "f":  # classes, of an estimator
        classes = np.unique(getattr(model, "classes_", raw))
        return np.eye(max(len(classes), 2))[np.searchsorted(classes, raw)]
    raw = raw.reshape(len(points), -1)
    if raw.shape[1] > 1:
        return raw
    return np.concatenate([1.0 - raw, raw], axis=1)


def _class_numbers(y: Any) -> np.ndarray:
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] > 1:
        return array.argmax(axis=1)
    return np.unique(array.reshape(-1), return_inverse=True)[1]


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
