# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """Steps of one size in the direction of the sign of a mean gradient.

    v <- v - r sign(b1 m + (1 - b1) g) and m <- b2 m + (1 - b2) g.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments; 3 to 10
            times smaller than for `Adam`.
        beta_1: b1, the share of m in the direction.
        beta_2: b2, how much of m is kept.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `beta_1` or `beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0, 1.0])
    >>> optimizer = keras.optimizers.Lion(0.5)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0, -0.1])], [weight])
    >>> weight.numpy().tolist()
    [0.5, 1.5]

    Chen et al., "Symbolic discovery of optimization algorithms", 2023.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_fractions(beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2 = beta_1, beta_2

    def create_slots(self) -> None:
        (self._means,) = self.add_slots("momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        mean = self._means[self._get_variable_index(variable)]
        direction = ops.sign(self.beta_1 * mean + (1 - self.beta_1) * gradient)
        follow(mean, gradient, self.beta_2)
        variable.assign(variable - learning_rate * direction)
