# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer
from pronghorn.layers.scale_and_offset import broadcasting, sizes_of


class RMSNormalization(Layer):
    """scale * x / sqrt(mean(x^2) + epsilon), the mean over each sample's features.

    Zhang and Sennrich, "Root mean square layer normalization", 2019.

    Args:
        axis: axis or axes over which the mean is taken, and which the weight `scale` has.
        epsilon: added to the mean.

    Raises:
        ValueError: there is no such axis, or its size is not known.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.RMSNormalization(epsilon=0.0)
    >>> layer(np.array([[2.0, -2.0]])).numpy().tolist()
    [[1.0, -1.0]]
    """

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        self._axes = [self.axis] if isinstance(self.axis, int) else self.axis
        self.scale = self.add_weight(
            sizes_of(input_shape, self._axes, self.name), "ones", name="scale"
        )
        self._broadcasting = broadcasting(input_shape, self._axes)
        self.built = True

    def call(self, inputs: Any) -> Any:
        mean = ops.mean(ops.square(inputs), self._axes, keepdims=True)
        scale = ops.reshape(self.scale, self._broadcasting)
        return inputs * ops.rsqrt(mean + self.epsilon) * scale
