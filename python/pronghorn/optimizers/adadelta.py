# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Adadelta(Optimizer):
    """Steps in the units of the weights: as large as the latest ones were, relative to gradients.

    a <- rho a + (1 - rho) g^2, D = g sqrt(d + epsilon) / sqrt(a + epsilon),
    d <- rho d + (1 - rho) D^2 and v <- v - r D.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments; the paper
            has 1.
        rho: how much of the past is kept.
        epsilon: keeps the quotient finite, and makes the first step different from 0.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `rho` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Adadelta(1.0, rho=0.0, epsilon=0.01)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9

    Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_fractions(rho=rho)
        self.rho, self.epsilon = rho, epsilon

    def create_slots(self) -> None:
        slots = self.add_slots("accumulated_grad", "accumulated_delta_var")
        self._gradient_squares, self._step_squares = slots

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        step_square = self._step_squares[index]
        a = follow(self._gradient_squares[index], ops.square(gradient), self.rho)
        step = gradient * ops.sqrt(step_square + self.epsilon) / ops.sqrt(a + self.epsilon)
        follow(step_square, ops.square(step), self.rho)
        variable.assign(variable - learning_rate * step)
