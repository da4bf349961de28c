# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer


class UnitNormalization(Layer):
    """x / |x|, so that each sample has length 1; zero stays zero.

    Args:
        axis: axis or axes along which the length is measured.

    Raises:
        TypeError: axis is neither an int nor a list or tuple of ints.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> y = keras.layers.UnitNormalization()(np.array([[3.0, 4.0], [0.0, 0.0]]))
    >>> [[round(float(v), 6) for v in row] for row in y]
    [[0.6, 0.8], [0.0, 0.0]]
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(f"axis must be an int or a list of ints. Received: axis={axis!r}")
        self.axis = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, self.axis, epsilon=1e-12)
