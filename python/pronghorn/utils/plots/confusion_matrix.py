# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.utils.plots.style import new_axes, tidy

_PERCENT_UP_TO, _COUNTS_UP_TO = 12, 25  # classes for which the cells have room for text


def plot_confusion_matrix(
    y_true: Any,
    y_pred: Any,
    class_names: Sequence[Any] | None = None,
    axes: Any = None,
) -> Any:
    """Draw how often each class was taken for each other.

    Rows are the true classes, columns the predicted ones. Colors and percentages are shares of the
    row, so that rare classes can be read too.

    Args:
        y_true: class of each row `(n,)` or `(n, 1)`, numbers or text; or one-hot rows `(n, k)`.
        y_pred: the same, or what a model predicts: probabilities or scores `(n, k)`, of which the
            largest counts, or of two classes the probability of the second, floats `(n, 1)`.
        class_names: how to label the classes, in ascending order of the classes.
        axes: matplotlib's, to draw into; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: there is no matplotlib.
        ValueError: numbers of rows, or of classes and names, that do not agree.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> axes = keras.utils.plot_confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1])
    >>> [cell.get_text() for cell in axes.texts]
    ['1\\n50%', '1\\n50%', '0', '2\\n100%']
    """
    true, predicted = _classes(y_true, "y_true"), _classes(y_pred, "y_pred")
    if true.shape != predicted.shape or not len(true):
        raise ValueError(
            "`y_true` and `y_pred` must have the same number of rows. "
            f"Received: {len(true)} and {len(predicted)}"
        )
    labels = np.unique(np.concatenate([true, predicted]))
    if class_names is not None and labels.dtype.kind in "iub":
        labels = np.arange(max(len(class_names), int(labels[-1]) + 1))
    if class_names is not None and len(class_names) != len(labels):
        raise ValueError(
            f"`class_names` must have a name for each of the {len(labels)} classes. "
            f"Received: {len(class_names)} names"
        )
    size = len(labels)
    counts = np.zeros((size, size), int)
    np.add.at(counts, (np.searchsorted(labels, true), np.searchsorted(labels, predicted)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    inches = min(max(2.2 + 0.55 * size, 3.6), 11.0)
    axes = new_axes("plot_confusion_matrix", (inches, inches), axes)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row, column in np.ndindex(size, size) if size <= _COUNTS_UP_TO else ():
        count, share = counts[row, column], shares[row, column]
        text = f"{count:,}"
        if count and size <= _PERCENT_UP_TO:
            text += f"\n{share:.0%}" if share >= 0.005 else "\n<1%"
        elif not count and row != column and size > _PERCENT_UP_TO:
            text = ""
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=9 if size <= _PERCENT_UP_TO else 7,
            color="white" if share > 0.5 else ("black" if count else "#8a949e"),
        )
    names = [str(name) for name in (labels if class_names is None else class_names)]
    every = range(0, size, 1 if size <= _COUNTS_UP_TO else math.ceil(size / 20))
    upright = max(map(len, names)) <= 4
    axes.set_xticks(
        every,
        [names[i] for i in every],
        rotation=0 if upright else 45,
        ha="center" if upright else "right",
        rotation_mode="anchor",
    )
    axes.set_yticks(every, [names[i] for i in every])
    accuracy = float(np.trace(counts) / counts.sum())
    tidy(axes, f"{accuracy:.1%} of {len(true):,} right", "predicted", "true", grid=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return axes


def _classes(values: Any, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] > 1:
        return array.argmax(axis=1)
    if array.ndim == 2:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"`{name}` must be (n,) or (n, k). Received: shape {array.shape}")
    if array.dtype.kind == "f":
        whole = array == np.rint(array)
        return array.astype(int) if whole.all() else (array > 0.5).astype(int)
    return array
