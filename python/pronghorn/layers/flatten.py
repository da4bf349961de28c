# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer


class Flatten(Layer):
    """All dims of a sample as one: (n, 28, 28) becomes (n, 784), and (n,) becomes (n, 1).

    Args:
        data_format: accepted for Keras's sake.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Flatten()(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"

    def call(self, inputs: Any) -> Any:
        sizes = inputs.shape[1:]
        size = None if None in sizes else math.prod(sizes)
        return ops.reshape(inputs, (inputs.shape[0], size))
