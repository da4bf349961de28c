# SPDX-License-Identifier: Apache-2.0
"""Which target belongs to which output, and whether it fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pronghorn._structure import describe, flatten, is_nested, pack


def output_names(y_pred: Any, names: Sequence[str] | None) -> list[str | None]:
    """One name per output: the keys of a dict, else the model's own names, else None each."""
    count = len(flatten(y_pred))
    if isinstance(y_pred, dict) and len(y_pred) == count:
        return sorted(y_pred)
    if names is not None and len(names) == count:
        return list(names)
    return [None] * count


def per_output(
    value: Any, names: Sequence[str | None], used: Sequence[bool], what: str
) -> list[Any]:
    """One entry of `value` for each output, None where there is none.

    Args:
        value: a leaf (for a model with one output), a list or tuple by position, or a dict by
            output name.
        names: names of the outputs.
        used: whether the output has a loss; targets may be left out for the others.
        what: "y" or "sample_weight", for messages.
    """
    count = len(names)
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if not unknown:
            return [value.get(name) for name in names]
        if count > 1:
            raise ValueError(
                f"`{what}` has the keys {list(value)}; the outputs are {list(names)}. "
                f"Unknown: {unknown}."
            )
    if isinstance(value, (list, tuple)) and len(value) == count:
        return [
            leaf[0] if isinstance(leaf, (list, tuple)) and len(leaf) == 1 else leaf
            for leaf in value
        ]
    leaves = flatten(value)
    if len(leaves) == count:
        return leaves
    if leaves and len(leaves) == sum(used):
        source = iter(leaves)
        return [next(source) if use else None for use in used]
    raise ValueError(
        f"The model has {count} output(s){_named(names)}, so `{what}` must hold {count} array(s). "
        f"Received: {len(leaves)}, structure {describe(value)}."
    )


def weights_per_output(
    sample_weight: Any, names: Sequence[str | None], used: Sequence[bool]
) -> list[Any]:
    """The sample weights of each output; one tensor serves all."""
    if sample_weight is None or not is_nested(sample_weight):
        return [sample_weight] * len(names)
    if isinstance(sample_weight, (list, tuple)) and len(sample_weight) == 1:
        return flatten(sample_weight) * len(names)
    return per_output(sample_weight, names, used, "sample_weight")


def kind_of_target(y_true: Any, y_pred: Any) -> str:
    """Told by the shapes alone, as Keras does: "binary", "sparse" or "categorical"."""
    if y_pred.ndim < 2 or y_pred.shape[-1] == 1:
        return "binary"
    if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
        return "sparse"
    return "categorical"


def unique(name: str, taken: dict[str, int]) -> str:
    """`name`, or `name_1`, `name_2`, ... if it was given out before."""
    count = taken.get(name, 0)
    taken[name] = count + 1
    return f"{name}_{count}" if count else name


def align(y: Any, y_pred: Any, names: Sequence[str | None]) -> Any:
    """y with every target in the rank of its output: `(n,)` becomes `(n, 1)` if the output is.

    Without this, `y - y_pred` would broadcast to `(n, n)`. Structures that do not match are left
    alone: the loss says what is wrong with them.
    """
    from pronghorn import ops

    leaves = flatten(y)
    try:
        places = per_output(pack(y, list(range(len(leaves)))), names, [True] * len(names), "y")
    except ValueError:
        return y
    for place, output in zip(places, flatten(y_pred), strict=True):
        if not isinstance(place, int):
            continue
        target = leaves[place]
        if target.ndim == output.ndim - 1 and output.shape[-1] == 1:
            leaves[place] = ops.expand_dims(target, -1)
        elif target.ndim == output.ndim + 1 and target.shape[-1] == 1:
            leaves[place] = ops.squeeze(target, -1)
    return pack(y, leaves)


class LabelRange(NamedTuple):
    """The class numbers one target may hold: integers in [0, classes), and `ignored`."""

    place: int  # which leaf of y
    output: str
    classes: int
    ignored: int | None

    def check(self, labels: np.ndarray) -> None:
        """Raise a ValueError that names output, range and first bad value."""
        if labels.dtype.kind == "b":
            return
        if labels.dtype.kind == "f":
            bad = ~((labels >= 0) & (labels < self.classes) & (np.floor(labels) == labels))
        elif labels.size and (labels.min() < 0 or labels.max() >= self.classes):
            bad = (labels < 0) | (labels >= self.classes)
        else:
            return
        if self.ignored is not None:
            bad &= labels != self.ignored
        if bad.any():
            row = int(np.argmax(bad.reshape(len(labels), -1).any(axis=1)))
            value = labels[bad][0]
            raise ValueError(
                f"The labels of output {self.output!r} must be integers from 0 to "
                f"{self.classes - 1}, because the output has {self.classes} classes. "
                f"Received: {value} in row {row}."
            )


def _named(names: Sequence[str | None]) -> str:
    return f" {list(names)}" if all(names) else ""
