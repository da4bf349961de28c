# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.backend import Variable
from pronghorn.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: v <- v - r g.

    With momentum m: u <- m u - r g, then v <- v + u, or, in Nesterov's version, v <- v + m u - r g.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        momentum: m in [0, 1]; 0: none.
        nesterov: use Nesterov's version.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `momentum` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.SGD(0.5)
    >>> optimizer.apply([keras.ops.convert_to_tensor([1.0])], [weight])
    >>> weight.numpy().tolist()
    [0.5]

    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be in [0, 1]. Received: momentum={momentum}")
        self.momentum, self.nesterov = momentum, nesterov

    def create_slots(self) -> None:
        if self.momentum:
            (self._velocities,) = self.add_slots("momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        if not self.momentum:
            variable.assign(variable - learning_rate * gradient)
            return
        velocity = self._velocities[self._get_variable_index(variable)]
        u = self.momentum * velocity - learning_rate * gradient
        velocity.assign(u)
        step = self.momentum * u - learning_rate * gradient if self.nesterov else u
        variable.assign(variable + step)
