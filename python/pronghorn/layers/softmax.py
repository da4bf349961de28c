# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along an axis.

    Args:
        axis: along which the results sum to 1; several are taken together.

    A mask, which must broadcast against the input, says which elements take part; the others
    become 0.

    Raises:
        ValueError: the mask does not broadcast against the input.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Softmax()
    >>> layer(np.zeros((1, 4))).numpy().tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    >>> layer(np.zeros((1, 4)), mask=np.array([[True, True, False, False]])).numpy().tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """

    supports_masking = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return self._softmax(inputs)
        sizes = zip(reversed(mask.shape), reversed(inputs.shape), strict=False)
        if mask.ndim > inputs.ndim or any(m not in (1, None, x) for m, x in sizes if x):
            raise ValueError(
                f"Layer {self.name!r}: mask must broadcast against the input of shape "
                f"{tuple(inputs.shape)}. Received: a mask of shape {tuple(mask.shape)}"
            )
        taking_part = mask if mask.dtype == "bool" else ops.greater(mask, 0.5)
        y = self._softmax(ops.where(taking_part, inputs, -1e9))
        return ops.where(taking_part, y, 0.0)

    def _softmax(self, x: Any) -> Any:
        if isinstance(self.axis, list) and len(self.axis) > 1:
            return ops.exp(x - ops.logsumexp(x, self.axis, keepdims=True))
        return ops.softmax(x, self.axis if isinstance(self.axis, int) else self.axis[0])
