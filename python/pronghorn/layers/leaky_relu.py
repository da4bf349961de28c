# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from typing import Any

from pronghorn import activations
from pronghorn.layers.layer import Layer
from pronghorn.layers.relu import not_negative


class LeakyReLU(Layer):
    """x where x > 0, else negative_slope * x.

    Args:
        negative_slope: not negative. Keras 2 called it `alpha`, which gives a DeprecationWarning.

    Raises:
        ValueError: negative_slope is negative or None.

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.LeakyReLU(negative_slope=0.5)(np.array([-2.0, 1.0])).numpy().tolist()
    [-1.0, 1.0]
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "`alpha` is an old spelling: use `negative_slope` instead.",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__init__(**kwargs)
        self.negative_slope = not_negative("negative_slope", negative_slope)

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, self.negative_slope)
