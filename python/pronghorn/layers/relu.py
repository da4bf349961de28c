# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import activations
from pronghorn.layers.layer import Layer


class ReLU(Layer):
    """min(x, max_value) where x > threshold, else negative_slope * (x - threshold).

    Args:
        max_value: upper bound, not negative; None: none.
        negative_slope: slope below the threshold, not negative.
        threshold: what x must exceed to pass, not negative.

    Raises:
        ValueError: a negative or missing number.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.ReLU(max_value=2.0, negative_slope=0.5)
    >>> layer(np.array([-2.0, 1.0, 3.0])).numpy().tolist()
    [-1.0, 1.0, 2.0]
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else not_negative("max_value", max_value)
        self.negative_slope = not_negative("negative_slope", negative_slope)
        self.threshold = not_negative("threshold", threshold)

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


def not_negative(name: str, value: Any) -> Any:
    """The value of an argument.

    Raises:
        ValueError: it is None or negative.
    """
    if value is None or value < 0:
        raise ValueError(f"{name} must be a number >= 0. Received: {name}={value!r}")
    return value
