# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.layers.layer import Layer


class Identity(Layer):
    """Its input, unchanged.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Identity()(np.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
    """

    supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs
