# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.optimizer import Optimizer


class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradient.

    s <- rho s + (1 - rho) g^2 and v <- v - r g / sqrt(s + epsilon). Centered: s - a^2 instead of s
    in the root, with a the running mean of g. With momentum m: u <- m u + r g / sqrt(s + epsilon)
    and v <- v - u.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        rho: how much of the past is kept.
        momentum: m; 0: none.
        epsilon: keeps the quotient finite.
        centered: divide by the standard deviation instead of the root mean square.
        **kwargs: as for `Optimizer`.

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.RMSprop(0.1, rho=0.0)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9

    Hinton, "Neural networks for machine learning", lecture 6e, 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho, self.momentum = rho, momentum
        self.epsilon, self.centered = epsilon, centered

    def create_slots(self) -> None:
        (self._mean_squares,) = self.add_slots("velocity")
        if self.momentum > 0:
            (self._momentums,) = self.add_slots("momentum")
        if self.centered:
            (self._means,) = self.add_slots("average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        mean_square = self._mean_squares[index]
        s = self.rho * mean_square + (1 - self.rho) * ops.square(gradient)
        mean_square.assign(s)
        if self.centered:
            mean = self._means[index]
            a = self.rho * mean + (1 - self.rho) * gradient
            mean.assign(a)
            s = s - ops.square(a)
        step = learning_rate * gradient / ops.sqrt(s + self.epsilon)
        if self.momentum > 0:
            momentum = self._momentums[index]
            step = self.momentum * momentum + step
            momentum.assign(step)
        variable.assign(variable - step)
