# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable, init_scope
from pronghorn.optimizers.arguments import check_fractions, check_numbers
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Adam on z with gradients taken at y, between z and its mean x: needs no falling schedule.

    The trained variable is y = (1 - b1) z + b1 x; z and x start at its initial value. In step
    t = 1, 2, ...: s <- s + (1 - b2)(g^2 - s), z <- z - r (g / (sqrt(s / (1 - b2^t)) + epsilon)
    + w y), x <- x + (z - x) / t and y <- (1 - b1) z + b1 x.

    x is not stored: it is (y - (1 - b1) z) / b1. As in Keras y is also what `predict` uses.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        beta_1: b1 in (0, 1), how near y is to x.
        beta_2: b2, how much of the past mean square is kept.
        epsilon: keeps the quotient finite.
        warmup_steps: so many steps r rises linearly to its value.
        **kwargs: as for `Optimizer`; `weight_decay` is w.

    Raises:
        ValueError: for `beta_1` or `beta_2` out of range, or negative `warmup_steps`.

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.ScheduleFreeAdamW(0.1)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9

    Defazio et al., "The road less scheduled", 2024.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_fractions(beta_1=beta_1, beta_2=beta_2)
        check_numbers(warmup_steps=warmup_steps)
        if beta_1 == 0:
            raise ValueError(f"`beta_1` must be positive. Received: beta_1={beta_1}")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.warmup_steps = warmup_steps

    def create_slots(self) -> None:
        self._z, self._mean_squares = self.add_slots("momentum", "velocity")
        with init_scope():
            for z, variable in zip(self._z, self._trainable_variables, strict=True):
                z.assign(variable)

    def step_size(self, learning_rate: Any) -> Any:
        if not self.warmup_steps:
            return learning_rate
        return learning_rate * ops.minimum(self.step_number() / self.warmup_steps, 1.0)

    def _apply_weight_decay(self, variables: Any, learning_rate: Any) -> None:
        """It is part of the rule: z decays, not y."""

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), self.step_number()
        old_z = self._z[index].value
        x = (variable - (1 - self.beta_1) * old_z) / self.beta_1
        s = follow(self._mean_squares[index], ops.square(gradient), self.beta_2)
        direction = gradient / (ops.sqrt(s / (1 - ops.power(self.beta_2, t))) + self.epsilon)
        decay = self.decay_of(variable)
        if decay:
            direction = direction + decay * variable
        z = old_z - learning_rate * direction
        self._z[index].assign(z)
        x = x + (z - x) / t
        variable.assign(z + self.beta_1 * (x - z))
