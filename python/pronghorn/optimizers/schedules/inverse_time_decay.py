# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.optimizers.schedules.exponential_decay import checked_steps
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_step


class InverseTimeDecay(LearningRateSchedule):
    """r / (1 + q step / n).

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
    >>> schedule = keras.optimizers.schedules.InverseTimeDecay(0.5, 10, 1.0)
    >>> [float(schedule(step)) for step in (0, 10, 30)]
    [0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        periods = as_step(step) / self.decay_steps
        periods = ops.floor(periods) if self.staircase else periods
        return self.initial_learning_rate / (1 + self.decay_rate * periods)
