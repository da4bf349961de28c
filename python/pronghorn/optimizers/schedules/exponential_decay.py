# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_step


class ExponentialDecay(LearningRateSchedule):
    """r q^(step / n): multiplied by q every n steps.

    Args:
        initial_learning_rate: r.
        decay_steps: n.
        decay_rate: q.
        staircase: round step / n down, so that the rate changes every n steps.
        name: for people.

    Raises:
        ValueError: for `decay_steps` that are not positive.

    Example:
    >>> import pronghorn as keras
    >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)
    >>> [float(schedule(step)) for step in (0, 10, 20)]
    [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        periods = as_step(step) / self.decay_steps
        periods = ops.floor(periods) if self.staircase else periods
        return self.initial_learning_rate * ops.power(self.decay_rate, periods)


def checked_steps(decay_steps: float) -> float:
    """`decay_steps`, if they are positive."""
    if not decay_steps > 0:
        raise ValueError(f"`decay_steps` must be positive. Received: decay_steps={decay_steps}")
    return decay_steps
