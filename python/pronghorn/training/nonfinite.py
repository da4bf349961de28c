# SPDX-License-Identifier: Apache-2.0
"""What to say when the loss or a weight becomes NaN or infinite: in which step, and why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn._structure import flatten
from pronghorn._warnings import warn
from pronghorn.training.data import Data


def warn_of_loss(loss: float, where: str, cause: str = "") -> None:
    """The warning; `where` is a step, `cause` a whole clause."""
    because = f": {cause}" if cause else ""
    warn(f"The loss is {_word(loss)} in {where}{because}.", RuntimeWarning)


def warn_of_variable(model: Any, variable: Any, loss: float, where: str) -> None:
    """The warning that a step has ruined a variable, and a note for callbacks in the model's run.

    Args:
        model: in its `fit`.
        variable: storage of one of its variables or its optimizer's.
        loss: of the step, a finite number.
        where: the step.
    """
    known = [*model.variables, *getattr(model.optimizer, "variables", ())]
    path = next((v.path for v in known if v.storage is variable), "a variable")
    if model._run is not None:
        model._run.ruined = f"the update of {path!r} is not finite in {where}"
    warn(
        f"The loss is {loss:.4g} in {where}, but the update of {path!r} is NaN or infinite: its "
        "gradient is, or the step is too long (too large a learning rate).",
        RuntimeWarning,
    )


def cause_of(found: Any, model: Any, data: Data) -> str:
    """The cause in words.

    Args:
        found: what the engine's loop says of it: step, loss, number of an array of the data and row
            in it (-1: none), variable (or None), layer (or ""), and what belongs to a finite loss.
        model: the model.
        data: what it is trained on.
    """
    _, _, array, row, variable, layer, _ = found
    if array >= 0:
        values = np.asarray(data.arrays[array][row], "float64")
        bad = values[~np.isfinite(values)].ravel()[0]
        return f"`{_array_name(data, array)}` holds {_word(bad)} in row {row}"
    if variable is not None:
        path = next((v.path for v in model.variables if v.storage is variable), "a variable")
        return f"{path!r} was NaN or infinite before the step"
    if layer:
        return f"the first number that is not finite comes from layer {layer!r}"
    return "the outputs of all layers are finite, so it comes from the loss function or a penalty"


def _array_name(data: Data, array: int) -> str:
    for name, part in (("x", data.x), ("y", data.y), ("sample_weight", data.sample_weight)):
        leaves = len(flatten(part)) if part is not None else 0
        if array < leaves:
            return name if leaves == 1 else f"{name}[{array}]"
        array -= leaves
    raise AssertionError("an array that is not there")


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinity" if value > 0 else "minus infinity"
