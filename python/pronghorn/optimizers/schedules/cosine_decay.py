# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

from pronghorn import ops
from pronghorn.optimizers.schedules.exponential_decay import checked_steps
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_step


class CosineDecay(LearningRateSchedule):
    """r ((1 - alpha) (1 + cos(pi step / n)) / 2 + alpha) up to step n, then r alpha.

    With a `warmup_target` w the rate first rises linearly from r to w, and then falls from w in the
    n steps after the warm-up.

    Args:
        initial_learning_rate: r.
        decay_steps: n.
        alpha: the last rate as a share of the highest one.
        name: for people.
        warmup_target: w; None: no warm-up.
        warmup_steps: so many steps the rate rises.

    Raises:
        ValueError: for `decay_steps` that are not positive, or negative `warmup_steps`.

    Example:
    >>> import pronghorn as keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(
    ...     0.0, 10, warmup_target=0.5, warmup_steps=4
    ... )
    >>> [round(float(schedule(step)), 4) for step in (0, 2, 4, 9, 14, 20)]
    [0.0, 0.25, 0.5, 0.25, 0.0, 0.0]

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        if not warmup_steps >= 0:
            raise ValueError(
                f"`warmup_steps` must not be negative. Received: warmup_steps={warmup_steps}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        step, first, target = as_step(step), self.initial_learning_rate, self.warmup_target
        if target is None:
            return first * self._share(step)
        falling = target * self._share(step - self.warmup_steps)
        if not self.warmup_steps:
            return falling
        rising = first + (target - first) * (step / self.warmup_steps)
        return ops.where(step < self.warmup_steps, rising, falling)

    def _share(self, step: Any) -> Any:
        return cosine(ops.minimum(step, self.decay_steps) / self.decay_steps, self.alpha)


def cosine(fraction: Any, alpha: float) -> Any:
    """From 1 at fraction 0 along half a period of the cosine to alpha at fraction 1."""
    return (1 - alpha) * (0.5 * (1 + ops.cos(math.pi * fraction))) + alpha
