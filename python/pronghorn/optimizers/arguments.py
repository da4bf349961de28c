# SPDX-License-Identifier: Apache-2.0
"""What the arguments of optimizers may be."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from pronghorn._configurable import unknown_argument
from pronghorn.optimizers.schedules.inverse_time_decay import InverseTimeDecay
from pronghorn.optimizers.schedules.learning_rate_schedule import SCHEDULES, LearningRateSchedule


def as_learning_rate(value: Any) -> float | LearningRateSchedule | Callable[[], Any]:
    """A learning rate as a float, or as the schedule or function that says it.

    Raises:
        ValueError: for anything else, or a negative number.
    """
    if isinstance(value, dict):
        value = SCHEDULES.deserialize(value)
    if callable(value):
        return value
    try:
        if isinstance(value, (str, bool)):
            raise TypeError
        rate = float(value)
    except (TypeError, ValueError):
        rate = math.nan
    if not rate >= 0:
        raise ValueError(
            "`learning_rate` must be a number that is not negative, a `LearningRateSchedule`, or a "
            f"function without arguments. Received: learning_rate={value!r}"
        )
    return rate


def with_old_names(cls: type, learning_rate: Any, kwargs: dict[str, Any]) -> Any:
    """The learning rate, with what the old arguments `lr` and `decay` say about it.

    Raises:
        TypeError: for any other keyword.
    """
    for name in kwargs:
        if name not in ("lr", "decay"):
            raise unknown_argument(cls, name)
    if "lr" in kwargs:
        # the caller of the subclass's __init__, which called that of `Optimizer`, which called this
        warnings.warn("`lr` is the old name of `learning_rate`.", DeprecationWarning, stacklevel=4)
        learning_rate = kwargs["lr"]
    if kwargs.get("decay"):
        learning_rate = InverseTimeDecay(float(learning_rate), 1, float(kwargs["decay"]))
    return learning_rate


def check_numbers(**arguments: Any) -> None:
    """Raise a ValueError for a negative one; None is fine."""
    for argument, value in arguments.items():
        if value is not None and not value >= 0:
            raise ValueError(f"`{argument}` must not be negative. Received: {argument}={value}")


def check_only_one(**arguments: Any) -> None:
    """Raise a ValueError if several are given."""
    given = {argument: value for argument, value in arguments.items() if value is not None}
    if len(given) > 1:
        names = ", ".join(f"`{argument}`" for argument in arguments)
        values = ", ".join(f"{argument}={value}" for argument, value in given.items())
        raise ValueError(f"Only one of {names} can be used. Received: {values}")


def refuse(**arguments: Any) -> None:
    """Raise a NotImplementedError for one that is given."""
    for argument, value in arguments.items():
        if value is not None:
            raise NotImplementedError(
                f"`{argument}` is not supported yet. Received: {argument}={value}"
            )
