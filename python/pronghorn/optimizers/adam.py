# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Steps along a running mean of the gradient, divided by its running root mean square.

    In step t = 1, 2, ...: m <- m + (1 - b1)(g - m), s <- s + (1 - b2)(g^2 - s) and
    v <- v - r sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(s) + epsilon).

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        beta_1: b1, how much of the past mean is kept.
        beta_2: b2, how much of the past mean square is kept.
        epsilon: keeps the quotient finite.
        amsgrad: divide by the largest s so far (Reddi, Kale and Kumar, 2018).
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `beta_1` or `beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Adam(0.1)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    0.9

    Kingma and Ba, "Adam: a method for stochastic optimization", 2014.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_fractions(beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon, self.amsgrad = epsilon, amsgrad

    def create_slots(self) -> None:
        self._means, self._mean_squares = self.add_slots("momentum", "velocity")
        if self.amsgrad:
            (self._largest,) = self.add_slots("velocity_hat")

    def step_size(self, learning_rate: Any) -> Any:
        t = self.step_number()
        correction = ops.sqrt(1 - ops.power(self.beta_2, t)) / (1 - ops.power(self.beta_1, t))
        return learning_rate * correction

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        m = follow(self._means[index], gradient, self.beta_1)
        s = follow(self._mean_squares[index], ops.square(gradient), self.beta_2)
        if self.amsgrad:
            s = ops.maximum(self._largest[index], s)
            self._largest[index].assign(s)
        variable.assign(variable - learning_rate * (m / (ops.sqrt(s) + self.epsilon)))
