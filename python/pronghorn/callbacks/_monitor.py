# SPDX-License-Identifier: Apache-2.0
"""Reading one value from the logs and knowing which way is better."""

from __future__ import annotations

import math
import warnings
from typing import Any

MODES = ("auto", "min", "max")


class Monitor:
    """A value in the logs with a direction.

    Args:
        owner: class name of the callback, for messages.
        name: name in the logs.
        mode: "min", "max" or "auto".
    """

    def __init__(self, owner: str, name: str, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"`mode` must be one of {MODES}. Received: mode={mode!r}")
        self._owner, self._name, self._mode = owner, name, mode

    def read(self, model: Any, logs: dict[str, Any] | None) -> float | None:
        """The value of this epoch; None with a warning if the logs do not have it.

        Raises:
            ValueError: if the direction is not given and cannot be told.
        """
        self._direction(model)
        value = (logs or {}).get(self._name)
        if value is None:
            warnings.warn(
                f"{self._owner} watches `{self._name}`, which is not in the logs. "
                f"Available: {', '.join(logs or {})}",
                stacklevel=4,
            )
            return None
        return float(value)

    def is_lowest_best(self, model: Any) -> bool:
        """Whether less is better.

        Raises:
            ValueError: if the direction is not given and cannot be told.
        """
        self._direction(model)
        return self._sign < 0

    def improves(self, value: float, reference: float | None, min_delta: float) -> bool:
        """Whether `value` beats `reference` by more than `min_delta`; NaN never does."""
        if reference is None:
            reference = -self._sign * math.inf
        if self._sign > 0:
            return value - min_delta > reference
        return value + min_delta < reference

    def _direction(self, model: Any) -> None:
        self._sign = {"min": -1, "max": 1}.get(self._mode, 0) or _known_direction(model, self._name)
        if not self._sign:
            raise ValueError(
                f"{self._owner} cannot tell whether `{self._name}` should become small or large. "
                "Pass mode='min' or mode='max'."
            )


def _known_direction(model: Any, name: str) -> int:
    """-1 for losses, the metric's own direction otherwise; 0 if unknown."""
    name = name.removeprefix("val_")
    if name == "loss" or name.endswith("_loss"):
        return -1
    direction = getattr(model._metrics_by_name().get(name), "_direction", None)
    return {"up": 1, "down": -1, None: 0}[direction]
