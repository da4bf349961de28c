# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer


class Reshape(Layer):
    """Each sample under another shape.

    Args:
        target_shape: dims of a sample of the result; one may be -1.

    Raises:
        ValueError: bad dims, or the number of elements differs.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Reshape((3, -1))(np.zeros((5, 6))).shape
    (5, 3, 2)
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        is_shape = isinstance(target_shape, list | tuple) and all(
            hasattr(dim, "__index__") and dim >= -1 for dim in target_shape
        )
        if not is_shape or list(target_shape).count(-1) > 1:
            raise ValueError(
                "target_shape must be a tuple of non-negative ints, of which one may be -1. "
                f"Received: target_shape={target_shape!r}"
            )
        self.target_shape = tuple(map(int, target_shape))

    def call(self, inputs: Any) -> Any:
        sample = inputs.shape[1:]
        target = list(self.target_shape)
        if None not in sample:
            size, known = math.prod(sample), math.prod(d for d in target if d != -1)
            if -1 in target and known and size % known == 0:
                target[target.index(-1)] = size // known
            if math.prod(target) != size:
                raise ValueError(
                    f"Layer {self.name!r}: samples of shape {tuple(sample)} cannot take the shape "
                    f"{self.target_shape}"
                )
        return ops.reshape(inputs, (inputs.shape[0], *target))
