# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.clipping import norm
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Lamb(Optimizer):
    """Adam whose step is scaled to the length of the weights, for large batches.

    In step t = 1, 2, ...: m <- m + (1 - b1)(g - m), s <- s + (1 - b2)(g^2 - s),
    u = m / (1 - b1^t) / (sqrt(s / (1 - b2^t)) + epsilon) and v <- v - r |v| / |u| u with the
    lengths of the whole tensors, or v <- v - r u if either length is 0.

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
    >>> weight = keras.Variable([3.0])
    >>> optimizer = keras.optimizers.Lamb(0.1)
    >>> optimizer.apply([keras.ops.convert_to_tensor([7.0])], [weight])
    >>> round(float(weight[0]), 4)
    2.7

    You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2019.
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

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), self.step_number()
        m = follow(self._means[index], gradient, self.beta_1) / (1 - ops.power(self.beta_1, t))
        s = follow(self._mean_squares[index], ops.square(gradient), self.beta_2)
        u = m / (ops.sqrt(s / (1 - ops.power(self.beta_2, t))) + self.epsilon)
        v_norm, u_norm = norm([variable]), norm([u])
        ratio = ops.where(ops.minimum(v_norm, u_norm) > 0, v_norm / u_norm, 1.0)
        variable.assign(variable - ratio * learning_rate * u)
