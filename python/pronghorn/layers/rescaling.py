# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.layers.layer import Layer


class Rescaling(Layer):
    """x * scale + offset.

    Args:
        scale: number, or an array that broadcasts against a sample.
        offset: likewise.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Rescaling(1 / 255)(np.array([[0, 255]], "uint8")).numpy().tolist()
    [[0.0, 1.0]]
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        scale, offset = (np.asarray(v, self.dtype) for v in (self.scale, self.offset))
        return ops.cast(inputs, self.dtype) * scale + offset
