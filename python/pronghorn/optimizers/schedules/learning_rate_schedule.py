# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn._configurable import Configurable, Family

SCHEDULES = Family("learning rate schedule", "keras.optimizers.schedules")


class LearningRateSchedule(Configurable, family=SCHEDULES):
    """Base of learning rates that depend on the step.

    A subclass defines `__call__` in terms of `ops`: inside `fit` it runs natively with every step.

    Example:
    >>> import pronghorn as keras
    >>> class Root(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __init__(self, first):
    ...         self.first = first
    ...     def __call__(self, step):
    ...         return self.first / keras.ops.sqrt(step + 1)
    >>> optimizer = keras.optimizers.SGD(Root(0.5))
    >>> float(optimizer.learning_rate)
    0.5
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate for a step: 0 for the first."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`")


def as_step(step: Any) -> Any:
    """A step number as float32, as all schedules compute."""
    return ops.cast(step, "float32")
