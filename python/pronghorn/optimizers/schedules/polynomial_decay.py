# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.optimizers.schedules.exponential_decay import checked_steps
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_step


class PolynomialDecay(LearningRateSchedule):
    """(r - e) (1 - step / n)^p + e up to step n, then e.

    With `cycle`, n is always the next multiple of `decay_steps`: the rate jumps up when it has
    reached e, less high each time.

    Args:
        initial_learning_rate: r.
        decay_steps: n.
        end_learning_rate: e.
        power: p.
        cycle: go on after `decay_steps`.
        name: for people.

    Raises:
        ValueError: for `decay_steps` that are not positive.

    Example:
    >>> import pronghorn as keras
    >>> schedule = keras.optimizers.schedules.PolynomialDecay(0.5, 10, 0.25)
    >>> [float(schedule(step)) for step in (0, 5, 10, 20)]
    [0.5, 0.375, 0.25, 0.25]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        step, end = as_step(step), self.decay_steps
        if self.cycle:
            end = end * ops.maximum(ops.ceil(step / end), 1.0)
        left = 1 - ops.minimum(step, end) / end
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * ops.power(left, self.power) + self.end_learning_rate
