# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.scale_and_offset import _ScaleAndOffset, broadcasting, moments, sizes_of


class LayerNormalization(_ScaleAndOffset):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of each sample.

    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Args:
        axis: axis or axes over which mean and variance are taken, and which gamma and beta have.
        epsilon: added to the variance.
        center: whether to add beta.
        scale: whether to multiply by gamma.
        beta_initializer, gamma_initializer: of beta and gamma.
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied after each update.

    Files of older versions of Keras may hold `rms_scaling=True`: then it is
    gamma * x / sqrt(variance + epsilon), with a DeprecationWarning.

    Raises:
        ValueError: there is no such axis, or its size is not known.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.LayerNormalization(epsilon=0.0)
    >>> layer(np.array([[1.0, 3.0], [10.0, 30.0]])).numpy().tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.rms_scaling = bool(kwargs.pop("rms_scaling", False))
        super().__init__(
            epsilon=epsilon,
            center=center and not self.rms_scaling,
            scale=scale or self.rms_scaling,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        if self.rms_scaling:
            warnings.warn(
                "`rms_scaling` divides by the standard deviation, not by the root of the mean "
                "square: use `RMSNormalization` instead.",
                DeprecationWarning,
                stacklevel=2,
            )
        self.axis = axis if isinstance(axis, int) else list(axis)

    def build(self, input_shape: Any) -> None:
        self._axes = [self.axis] if isinstance(self.axis, int) else self.axis
        self._add_gamma_and_beta(sizes_of(input_shape, self._axes, self.name))
        self._broadcasting = broadcasting(input_shape, self._axes)
        self.built = True

    def call(self, inputs: Any) -> Any:
        mean, variance = moments(inputs, self._axes)
        y = inputs if self.rms_scaling else inputs - mean
        y = y * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            y = y * ops.reshape(self.gamma, self._broadcasting)
        if self.beta is not None:
            y = y + ops.reshape(self.beta, self._broadcasting)
        return y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rms_scaling": self.rms_scaling}
