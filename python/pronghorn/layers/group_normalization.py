# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.scale_and_offset import _ScaleAndOffset, broadcasting, moments, sizes_of


class GroupNormalization(_ScaleAndOffset):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, statistics per sample and group.

    The features are divided into groups of neighbours; one group is the layer normalization of a
    whole sample.

    Wu and He, "Group normalization", 2018.

    Args:
        groups: how many; -1 for as many as features.
        axis: of the features.
        epsilon: added to the variance.
        center: whether to add beta.
        scale: whether to multiply by gamma.
        beta_initializer, gamma_initializer: of beta and gamma, both (features,).
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied after each update.

    Raises:
        ValueError: the number of features is not a multiple of the number of groups.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.GroupNormalization(groups=2, epsilon=0.0)
    >>> layer(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        super().__init__(
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        self.groups, self.axis = groups, axis

    def build(self, input_shape: Any) -> None:
        shape = sizes_of(input_shape, [self.axis], self.name)
        groups = shape[0] if self.groups == -1 else self.groups
        if groups < 1 or shape[0] % groups:
            raise ValueError(
                f"Layer {self.name!r}: the number of features must be a multiple of the number of "
                f"groups. Received: groups={self.groups} for {shape[0]} features"
            )
        self.groups = groups
        self._add_gamma_and_beta(shape)
        self._broadcasting = broadcasting(input_shape, [self.axis])
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})
        self.built = True

    def call(self, inputs: Any) -> Any:
        shape, axis = list(inputs.shape), self.axis % inputs.ndim
        members = [*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :]]
        x = ops.reshape(inputs, members)
        mean, variance = moments(x, [a for a in range(1, x.ndim) if a != axis])
        y = ops.reshape((x - mean) * ops.rsqrt(variance + self.epsilon), shape)
        if self.gamma is not None:
            y = y * ops.reshape(self.gamma, self._broadcasting)
        if self.beta is not None:
            y = y + ops.reshape(self.beta, self._broadcasting)
        return y
