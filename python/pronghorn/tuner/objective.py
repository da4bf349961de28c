# SPDX-License-Identifier: Apache-2.0
"""What a search is for: a value of the logs that should be small, or great."""

from __future__ import annotations

from typing import Any

from pronghorn import losses, metrics
from pronghorn._configurable import to_snake_case


class Objective:
    """A name in the logs, and whether its value should be small or great.

    Args:
        name: such as "val_loss".
        direction: "min" or "max".

    Raises:
        ValueError: another direction.

    Example:
    >>> from pronghorn.tuner import Objective
    >>> Objective("val_f1", "max").better_than(0.9, 0.8)
    True
    """

    def __init__(self, name: str, direction: str) -> None:
        if direction not in ("min", "max"):
            raise ValueError(
                f"`direction` must be 'min' or 'max'. Received: direction={direction!r}"
            )
        self.name, self.direction = name, direction

    def has_value(self, logs: dict[str, Any]) -> bool:
        """Whether the logs of an epoch have it."""
        return self.name in logs

    def get_value(self, logs: dict[str, Any]) -> float:
        """The value in the logs of an epoch."""
        return float(logs[self.name])

    def better_than(self, a: float, b: float) -> bool:
        """Whether the value a is better than b; NaN never is."""
        return a > b if self.direction == "max" else a < b

    @property
    def worst(self) -> float:
        """Worse than every number."""
        return float("-inf" if self.direction == "max" else "inf")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Objective) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return f'Objective(name="{self.name}", direction="{self.direction}")'


class DefaultObjective(Objective):
    """What a trial returns as a single number, to be minimized."""

    def __init__(self) -> None:
        super().__init__("default_objective", "min")


class MultiObjective(Objective):
    """The sum of what should be small, minus the sum of what should be great, to be minimized."""

    def __init__(self, objectives: list[Objective]) -> None:
        super().__init__("multi_objective", "min")
        self.objectives = objectives

    def has_value(self, logs: dict[str, Any]) -> bool:
        return all(objective.has_value(logs) for objective in self.objectives)

    def get_value(self, logs: dict[str, Any]) -> float:
        return sum(
            (1 if objective.direction == "min" else -1) * objective.get_value(logs)
            for objective in self.objectives
        )

    def __str__(self) -> str:
        return f"Multi{super().__str__()}: [{', '.join(map(str, self.objectives))}]"


def as_objective(objective: Any) -> Objective:
    """An Objective, also from the name of a metric, None, or a list.

    Raises:
        TypeError: it is none of these.
        ValueError: a name that does not tell its direction.
    """
    if objective is None:
        return DefaultObjective()
    if isinstance(objective, Objective):
        return objective
    if isinstance(objective, (list, tuple)):
        return MultiObjective([as_objective(part) for part in objective])
    if not isinstance(objective, str):
        raise TypeError(
            "`objective` must be a name, an Objective, or a list of them. "
            f"Received: {objective!r} of type {type(objective).__name__}"
        )
    direction = _direction_of(objective.removeprefix("val_").removeprefix("weighted_"))
    if direction is None:
        raise ValueError(
            f"Could not infer the direction of {objective!r}: give "
            f'Objective("{objective}", direction="min") or "max".'
        )
    return Objective(objective, direction)


def _direction_of(name: str) -> str | None:
    """That of a loss, or of the metric class of this name in any spelling."""
    if name in ("loss", "crossentropy", "ce"):
        return "min"
    if name == "acc":
        return "max"
    for cls in vars(metrics).values():
        if isinstance(cls, type) and name in (cls.__name__, to_snake_case(cls.__name__)):
            return {"up": "max", "down": "min"}.get(getattr(cls, "_direction", None) or "")
    try:
        return "min" if losses.get(name) is not None else None
    except ValueError:
        return None
