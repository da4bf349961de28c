# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import activations
from pronghorn.layers.layer import Layer


class ELU(Layer):
    """x where x > 0, else alpha * (exp(x) - 1).

    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", 2016.

    Args:
        alpha: minus the limit for x towards minus infinity.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.ELU(alpha=2.0)(np.array([-100.0, 1.0])).numpy().tolist()
    [-2.0, 1.0]
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, self.alpha)
