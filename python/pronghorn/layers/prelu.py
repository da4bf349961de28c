# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import constraints, initializers, ops, regularizers
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer
from pronghorn.layers.scale_and_offset import sizes_of


class PReLU(Layer):
    """max(x, 0) + alpha * min(x, 0), with an alpha for each feature that is learned.

    He et al., "Delving deep into rectifiers", 2015.

    Args:
        alpha_initializer: of alpha, which has the shape of a sample.
        alpha_regularizer: penalty added to the loss.
        alpha_constraint: applied after each update.
        shared_axes: axes (from 1) along which there is one alpha.

    Raises:
        ValueError: an axis that is not shared has no known size.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.5))
    >>> layer(np.array([[-2.0, 1.0]])).numpy().tolist()
    [[-1.0, 1.0]]
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape)
        for axis in self.shared_axes or []:
            shape[axis] = 1
        self.alpha = self.add_weight(
            sizes_of(shape, range(1, len(shape)), self.name),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        axes = {axis: size for axis, size in enumerate(input_shape) if axis and shape[axis] != 1}
        self.input_spec = InputSpec(ndim=len(shape), axes=axes)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)
