# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import check_numbers
from pronghorn.optimizers.optimizer import Optimizer


class Adafactor(Optimizer):
    """Adam without a mean gradient, whose mean squares are a product of a column and a row.

    In step t = 1, 2, ..., with b = 1 - t^beta_2_decay and G = g^2 + epsilon_1:
    r <- b r + (1 - b) mean of G over the last axis, c <- b c + (1 - b) mean of G over the last but
    one, s = r c / mean(r); for vectors and scalars s <- b s + (1 - b) G. Then u = g / sqrt(s),
    u <- u / max(1, rms(u) / clip_threshold) and v <- v - max(epsilon_2, rms(v)) rho u with
    rho = min(learning rate, 1 / sqrt(t)).

    Args:
        learning_rate: a number, `LearningRateSchedule` or function without arguments: the largest
            step, relative to the size of the weights.
        beta_2_decay: exponent of the decay, negative.
        epsilon_1: keeps the quotient finite.
        epsilon_2: the least size of weights to assume.
        clip_threshold: the largest root mean square of an update.
        relative_step: kept for Keras's sake: there rho is the same minimum in either case.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for a `clip_threshold` that is not positive, or a negative epsilon.

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([[2.0, 2.0], [2.0, 2.0]])
    >>> optimizer = keras.optimizers.Adafactor(0.1)
    >>> optimizer.apply([keras.ops.ones((2, 2))], [weight])
    >>> round(float(weight[0, 0]), 4)
    1.8

    Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 0.001,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        check_numbers(epsilon_1=epsilon_1, epsilon_2=epsilon_2)
        if not clip_threshold > 0:
            raise ValueError(
                f"`clip_threshold` must be positive. Received: clip_threshold={clip_threshold}"
            )
        self.beta_2_decay = beta_2_decay
        self.epsilon_1, self.epsilon_2 = epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def create_slots(self) -> None:
        self._rows, self._columns, self._mean_squares = [], [], []
        for variable in self._trainable_variables:
            shape, dtype, name = variable.shape, variable.dtype, variable.path.replace("/", "_")
            rows, columns = shape[:-1], (*shape[:-2], *shape[-1:])
            if len(shape) < 2:  # not needed, but a place in Keras's files
                rows, columns, dtype = (), (), "int32"
            self._rows.append(self.add_variable(rows, dtype=dtype, name=f"{name}_row"))
            self._columns.append(self.add_variable(columns, dtype=dtype, name=f"{name}_column"))
            self._mean_squares.append(self.add_variable_from_reference(variable, "velocity"))

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), self.step_number()
        beta = 1 - ops.power(t, self.beta_2_decay)
        square = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) >= 2:
            r = _follow(self._rows[index], ops.mean(square, -1), beta)
            c = _follow(self._columns[index], ops.mean(square, -2), beta)
            r = r / ops.mean(r, -1, keepdims=True)
            s = ops.expand_dims(r, -1) * ops.expand_dims(c, -2)
            self._mean_squares[index].assign(s)
        else:
            s = _follow(self._mean_squares[index], square, beta)
        u = gradient / ops.sqrt(s)
        u = u / ops.maximum(1.0, _rms(u) / self.clip_threshold)
        rho = ops.minimum(learning_rate, 1 / ops.sqrt(t))
        variable.assign(variable - ops.maximum(self.epsilon_2, _rms(variable)) * rho * u)


def _follow(average: Variable, value: Any, beta: Any) -> Any:
    """`follow` in the form that forgets a first value entirely: beta is 0 in the first step."""
    new = beta * average + (1 - beta) * value
    average.assign(new)
    return new


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
