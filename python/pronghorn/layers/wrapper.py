# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.layers.layer import Layer


class Wrapper(Layer):
    """Base of layers that do something around another one; a subclass defines `call`.

    Args:
        layer: the layer inside.

    Raises:
        ValueError: layer is not a layer.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> class Residual(keras.layers.Wrapper):
    ...     def call(self, x):
    ...         return x + self.layer(x)
    >>> Residual(keras.layers.Activation("relu"))(np.array([[-1.0, 1.0]])).numpy().tolist()
    [[-1.0, 2.0]]
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ValueError(f"layer must be a layer. Received: layer={layer!r}")
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        self.built = True
