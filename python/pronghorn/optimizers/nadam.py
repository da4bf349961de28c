# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Nadam(Optimizer):
    """Adam with Nesterov's momentum: the mean gradient looks one step ahead.

    In step t = 1, 2, ..., with b_t = b1 (1 - 0.96^t / 2) and P_t = b_1 b_2 ... b_t:
    m <- m + (1 - b1)(g - m), s <- s + (1 - b2)(g^2 - s),
    n = b_(t+1) m / (1 - P_(t+1)) + (1 - b_t) g / (1 - P_t) and
    v <- v - r n / (sqrt(s / (1 - b2^t)) + epsilon).

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        beta_1: b1, how much of the past mean is kept.
        beta_2: b2, how much of the past mean square is kept.
        epsilon: keeps the quotient finite.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `beta_1` or `beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Nadam(0.1)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 2)
    0.89

    Dozat, "Incorporating Nesterov momentum into Adam", 2016.
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
        self._means, self._mean_squares = self.add_slots("momentum", "velocity")
        dtype = self._trainable_variables[0].dtype
        self._product = self.add_variable((), "ones", dtype, "momentum_product")

    def step_size(self, learning_rate: Any) -> Any:
        self._product.assign(self._product * self._momentum(self.step_number()))
        return learning_rate

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), self.step_number()
        now, ahead = self._momentum(t), self._momentum(t + 1)
        m = follow(self._means[index], gradient, self.beta_1)
        s = follow(self._mean_squares[index], ops.square(gradient), self.beta_2)
        m_factor = ahead / (1 - self._product * ahead)
        g_factor = (1 - now) / (1 - self._product)
        root = ops.sqrt(s / (1 - ops.power(self.beta_2, t)))
        step = learning_rate * (m_factor * m + g_factor * gradient) / (root + self.epsilon)
        variable.assign(variable - step)

    def _momentum(self, t: Any) -> Any:
        return self.beta_1 * (1 - 0.5 * ops.power(0.96, t))
