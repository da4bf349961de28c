# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

from pronghorn import ops
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, as_step


class CosineDecayRestarts(LearningRateSchedule):
    """r ((1 - alpha) m^i (1 + cos(pi f)) / 2 + alpha) at the fraction f of period i = 0, 1, ...

    Period i has n t^i steps.

    Args:
        initial_learning_rate: r.
        first_decay_steps: n.
        t_mul: t, at least 1.
        m_mul: m, the factor from one restart to the next.
        alpha: the rate at the end of each period as a share of r.
        name: for people.

    Raises:
        ValueError: for `first_decay_steps` that are not positive, or `t_mul` below 1.

    Example:
    >>> import pronghorn as keras
    >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(0.5, 4, m_mul=0.5)
    >>> [round(float(schedule(step)), 4) for step in (0, 2, 4, 8)]
    [0.5, 0.25, 0.25, 0.125]

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        if not first_decay_steps > 0:
            raise ValueError(
                "`first_decay_steps` must be positive. "
                f"Received: first_decay_steps={first_decay_steps}"
            )
        if not t_mul >= 1:
            raise ValueError(f"`t_mul` must be at least 1. Received: t_mul={t_mul}")
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        time, t = as_step(step) / self.first_decay_steps, self.t_mul
        if t == 1:
            period = ops.floor(time)
            fraction = time - period
        else:  # period i begins at 1 + t + ... + t^(i - 1) = (1 - t^i) / (1 - t)
            period = ops.floor(ops.log(1 - time * (1 - t)) / math.log(t))
            length = ops.power(t, period)
            fraction = (time - (1 - length) / (1 - t)) / length
        height = ops.power(self.m_mul, period)
        share = (1 - self.alpha) * height * (0.5 * (1 + ops.cos(math.pi * fraction))) + self.alpha
        return self.initial_learning_rate * share
