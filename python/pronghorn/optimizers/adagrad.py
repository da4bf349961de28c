# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.initializers import Constant
from pronghorn.optimizers.arguments import check_numbers
from pronghorn.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far.

    a <- a + g^2 and v <- v - r g / sqrt(a + epsilon).

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        initial_accumulator_value: a before the first step.
        epsilon: keeps the quotient finite.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for a negative `initial_accumulator_value`.

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Adagrad(0.5, initial_accumulator_value=9.0)
    >>> optimizer.apply([keras.ops.convert_to_tensor([4.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.6

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_numbers(initial_accumulator_value=initial_accumulator_value)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def create_slots(self) -> None:
        first = Constant(self.initial_accumulator_value)
        (self._sums,) = self.add_slots("accumulator", initializer=first)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        squares = self._sums[self._get_variable_index(variable)]
        a = squares + ops.square(gradient)
        squares.assign(a)
        variable.assign(variable - learning_rate * gradient / ops.sqrt(a + self.epsilon))
