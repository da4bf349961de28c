# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import regularizers
from pronghorn.layers.layer import Layer


class ActivityRegularization(Layer):
    """Its input, unchanged; adds (l1 * sum |x| + l2 * sum x^2) / batch size to the loss.

    Args:
        l1: factor, not negative.
        l2: factor, not negative.

    Raises:
        ValueError: for a factor that is negative or not finite.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> y = layer(np.array([[1.0, -3.0]]))
    >>> float(layer.losses[0])
    2.0
    """

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]  # is made of l1 and l2
        return config
