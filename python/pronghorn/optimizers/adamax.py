# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Adamax(Optimizer):
    """Adam with a decaying maximum of |g| in place of the root mean square.

    In step t = 1, 2, ...: m <- m + (1 - b1)(g - m), u <- max(b2 u, |g|) and
    v <- v - r / (1 - b1^t) m / (u + epsilon).

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        beta_1: b1, how much of the past mean is kept.
        beta_2: b2, how much of the past maximum is kept.
        epsilon: keeps the quotient finite.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `beta_1` or `beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Adamax(0.1)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9

    Kingma and Ba, "Adam: a method for stochastic optimization", 2014, section 7.1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_fractions(beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def create_slots(self) -> None:
        self._means, self._largest = self.add_slots("momentum", "norm")

    def step_size(self, learning_rate: Any) -> Any:
        return learning_rate / (1 - ops.power(self.beta_1, self.step_number()))

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        m = follow(self._means[index], gradient, self.beta_1)
        u = ops.maximum(self.beta_2 * self._largest[index], ops.abs(gradient))
        self._largest[index].assign(u)
        variable.assign(variable - m * learning_rate / (u + self.epsilon))
