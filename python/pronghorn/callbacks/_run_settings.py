# SPDX-License-Identifier: Apache-2.0
"""What trackers of experiments are told of a run before it begins."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn.callbacks.callback import Logs


def settings_of(model: Any, params: dict[str, Any] | None) -> dict[str, Any]:
    """Name -> plain value: epochs, steps, the size of the model, its loss, its optimizer's config.

    What is not a number, text or None is described as text.
    """
    config = model.optimizer.get_config()
    optimizer = {f"optimizer_{name}": value for name, value in config.items() if name != "name"}
    settings = {
        "epochs": (params or {}).get("epochs"),
        "steps": (params or {}).get("steps"),
        "model": model.name,
        "parameters": model.count_params(),
        "loss": model.loss,
        "optimizer": type(model.optimizer).__name__,
        **optimizer,
    }
    return {
        name: value if isinstance(value, int | float | str | None) else str(value)
        for name, value in settings.items()
    }


def numbers_in(logs: Logs | None) -> dict[str, float]:
    """The logs as Python floats; an array gives a number for each element, `name_0` and so on."""
    numbers = {}
    for name, value in (logs or {}).items():
        array = np.asarray(value, np.float64)
        for i, number in enumerate(array.flat):
            numbers[f"{name}_{i}" if array.ndim else name] = float(number)
    return numbers
