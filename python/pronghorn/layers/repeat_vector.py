# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer


class RepeatVector(Layer):
    """Each sample n times: (batch, features) becomes (batch, n, features).

    Args:
        n: how many times, an int.

    Raises:
        TypeError: n is not an int.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.RepeatVector(2)(np.array([[1.0, 2.0]])).numpy().tolist()
    [[[1.0, 2.0], [1.0, 2.0]]]
    """

    input_spec = InputSpec(ndim=2)

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"n must be an int. Received: n={n!r} of type {type(n).__name__}")
        self.n = n

    def call(self, inputs: Any) -> Any:
        batch, features = inputs.shape
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (batch, self.n, features))
