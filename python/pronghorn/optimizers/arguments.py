# SPDX-License-Identifier: Apache-2.0
"""What the arguments of optimizers may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pronghorn._configurable import unknown_argument
from pronghorn._warnings import warn_old
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
        warn_old("The argument `lr` is now called `learning_rate`.")
        learning_rate = kwargs["lr"]
    if "decay" in kwargs:
        warn_old(
            "Instead of the argument `decay` give a schedule as `learning_rate`: "
            "`learning_rate=InverseTimeDecay(learning_rate, 1, decay)`."
        )
        if kwargs["decay"]:
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


def check_fractions(**arguments: Any) -> None:
    """Raise a ValueError for one outside of [0, 1): how much of the past an average keeps."""
    for argument, value in arguments.items():
        if not 0 <= value < 1:
            raise ValueError(f"`{argument}` must be in [0, 1). Received: {argument}={value}")


def check_count(argument: str, value: Any, least: int) -> None:
    """Raise a ValueError unless it is an int that is large enough; None is fine."""
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"`{argument}` must be an integer of at least {least}. Received: {argument}={value!r}"
        )
