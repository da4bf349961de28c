# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_fractions
from pronghorn.optimizers.clipping import norm
from pronghorn.optimizers.moving_average import follow
from pronghorn.optimizers.optimizer import Optimizer


class Muon(Optimizer):
    """Steps along a running sum of gradients of which all singular values are made about 1.

    For matrices: m <- mu m + g and v <- v - r rms_rate sqrt(max(rows, columns)) O(g + mu m), where
    O, near U V^T for a matrix U S V^T, is a few Newton-Schulz iterations
    X <- a X + (b A + c A^2) X with A = X X^T, from X / |X|. Everything else (biases, embeddings)
    follows the rule of `Adam` with the learning rate times `adam_lr_ratio`.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        adam_beta_1, adam_beta_2, epsilon: as for `Adam`.
        adam_weight_decay: weight decay of what follows Adam's rule.
        weight_decay: of the matrices.
        exclude_layers: regular expressions; where the path of a matrix has one, Adam's rule holds.
        exclude_embeddings: whether it holds for matrices with "embedding" in their path.
        muon_a, muon_b, muon_c: a, b, c.
        adam_lr_ratio: learning rate of Adam's rule divided by r.
        momentum: mu.
        ns_steps: number of iterations.
        nesterov: O(g + mu m), else O(m).
        rms_rate: makes steps as large as those of Adam (Liu et al., 2025); None: they are r O.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `adam_beta_1` or `adam_beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([[0.0, 0.0], [0.0, 0.0]])
    >>> optimizer = keras.optimizers.Muon(1.0, rms_rate=None)
    >>> optimizer.apply([keras.ops.convert_to_tensor([[5.0, 0.0], [0.0, 5.0]])], [weight])
    >>> round(float(weight[0, 0]), 1), round(float(weight[0, 1]), 1)
    (-1.1, 0.0)

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        check_fractions(adam_beta_1=adam_beta_1, adam_beta_2=adam_beta_2)
        self.adam_beta_1, self.adam_beta_2 = adam_beta_1, adam_beta_2
        self.adam_weight_decay, self.epsilon = adam_weight_decay, epsilon
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio, self.momentum = adam_lr_ratio, momentum
        self.ns_steps, self.nesterov, self.rms_rate = ns_steps, nesterov, rms_rate

    def create_slots(self) -> None:
        self._means: list[Variable] = []
        self._mean_squares: list[Variable | None] = []
        for variable in self._trainable_variables:
            self._means.append(self.add_variable_from_reference(variable, "momentum"))
            matrix = self.is_matrix(variable)
            second = None if matrix else self.add_variable_from_reference(variable, "velocity")
            self._mean_squares.append(second)

    def is_matrix(self, variable: Variable) -> bool:
        """Whether a variable is orthogonalized; else it follows Adam's rule."""
        if len(variable.shape) != 2:
            return False
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return False
        return not any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def decay_of(self, variable: Variable) -> float | None:
        if self.is_excluded_from_weight_decay(variable):
            return None
        return self.weight_decay if self.is_matrix(variable) else self.adam_weight_decay

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        mean, mean_square = self._means[index], self._mean_squares[index]
        if mean_square is None:
            m = self.momentum * mean + gradient
            mean.assign(m)
            direction = gradient + self.momentum * m if self.nesterov else m
            step = learning_rate * self._scale(variable) * self._orthogonalized(direction)
        else:
            t = self.step_number()
            correction = ops.sqrt(1 - ops.power(self.adam_beta_2, t))
            correction = correction / (1 - ops.power(self.adam_beta_1, t))
            m = follow(mean, gradient, self.adam_beta_1)
            s = follow(mean_square, ops.square(gradient), self.adam_beta_2)
            rate = learning_rate * self.adam_lr_ratio * correction
            step = m * rate / (ops.sqrt(s) + self.epsilon)
        variable.assign(variable - step)

    def _orthogonalized(self, x: Any) -> Any:
        if x.shape[0] > x.shape[1]:  # the smaller of the two products
            return ops.transpose(self._orthogonalized(ops.transpose(x)))
        x = x / (norm([x]) + 1e-7)  # Keras's number
        for _ in range(self.ns_steps):
            a = x @ ops.transpose(x)
            x = self.muon_a * x + (self.muon_b * a + self.muon_c * (a @ a)) @ x
        return x

    def _scale(self, variable: Variable) -> float:
        return 1.0 if self.rms_rate is None else self.rms_rate * math.sqrt(max(variable.shape))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for last in ("exclude_embeddings", "adam_weight_decay", "rms_rate"):  # the order of Keras
            config[last] = config.pop(last)
        return config
