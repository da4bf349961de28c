# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import activations
from pronghorn.layers.layer import Layer


class Activation(Layer):
    """An activation function as a layer of its own.

    Args:
        activation: name or callable.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Activation("relu")(np.array([[-1.0, 2.0]])).numpy().tolist()
    [[0.0, 2.0]]
    """

    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)
