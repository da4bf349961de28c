# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.layers.layer import Layer


class Masking(Layer):
    """Masks the steps of a sample whose features are all `mask_value`, and makes them 0.

    Args:
        mask_value: what marks a step as missing.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Masking(mask_value=-1.0)
    >>> x = np.array([[[1.0, -1.0], [-1.0, -1.0]]])
    >>> layer(x).numpy().tolist()
    [[[1.0, -1.0], [0.0, 0.0]]]
    >>> layer.compute_mask(x).numpy().tolist()
    [[True, False]]
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs: Any) -> Any:
        return ops.where(ops.expand_dims(self.compute_mask(inputs), -1), inputs, 0.0)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)
