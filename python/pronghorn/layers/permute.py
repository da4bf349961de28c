# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer


class Permute(Layer):
    """The axes of a sample in another order.

    Args:
        dims: for each axis of the result which one of the sample it is, counted from 1.

    Raises:
        ValueError: dims is not a permutation of 1, 2, ...

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Permute((2, 1))(np.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                f"dims must be a permutation of 1, ..., {len(dims)}. Received: dims={dims!r}"
            )
        self.dims = tuple(dims)
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))
