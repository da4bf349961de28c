# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.initializers import Constant
from pronghorn.optimizers.arguments import check_numbers
from pronghorn.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """Follow the regularized leader: the weights that were best for all gradients so far.

    With p(n) = n^(-learning_rate_power) / r and G = g + 2 l2_shrinkage v:
    z <- z + G - (p(n + g^2) - p(n)) v, n <- n + g^2 and
    v <- (clip(z, -l1, l1) - z) / (p(n) + 2 l2 + beta / r), which is exactly 0 where |z| <= l1.

    A weight is a function of z and n alone; its initial value counts only in the first step.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments; not 0.
        learning_rate_power: 0 keeps the learning rate constant, -0.5 lets it fall as in `Adagrad`.
        initial_accumulator_value: n before the first step.
        l1_regularization_strength: l1.
        l2_regularization_strength: l2.
        l2_shrinkage_regularization_strength: l2_shrinkage, a penalty on the current weights.
        beta: as in the paper.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for a positive `learning_rate_power`, or other numbers that are negative.

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([0.0])
    >>> optimizer = keras.optimizers.Ftrl(0.5, initial_accumulator_value=9.0)
    >>> optimizer.apply([keras.ops.convert_to_tensor([4.0])], [weight])
    >>> round(float(weight[0]), 4)
    -0.4

    McMahan et al., "Ad click prediction: a view from the trenches", 2013.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_numbers(
            initial_accumulator_value=initial_accumulator_value,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
        )
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` must not be positive. "
                f"Received: learning_rate_power={learning_rate_power}"
            )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def create_slots(self) -> None:
        firsts = (Constant(self.initial_accumulator_value), "zeros")
        self._sums, self._linears = self.add_slots("accumulator", "linear", initializer=firsts)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        n, linear = self._sums[index], self._linears[index]
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength
        shrinkage = 2 * self.l2_shrinkage_regularization_strength
        new_n = n + ops.square(gradient)
        before, after = (ops.power(x, -self.learning_rate_power) for x in (n, new_n))
        z = linear + (gradient + shrinkage * variable) - (after - before) / learning_rate * variable
        n.assign(new_n)
        linear.assign(z)
        curvature = after / learning_rate + (2 * l2 + self.beta / learning_rate)
        variable.assign((ops.clip(z, -l1, l1) - z) / curvature)
