# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from pronghorn import random
from pronghorn.layers.layer import Layer


class Dropout(Layer):
    """Zeroes inputs at random while training, and scales the others up to keep their sum.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Args:
        rate: probability of zeroing, in [0, 1].
        noise_shape: dims of the mask, None for those of the input: an axis of size 1 is dropped or
            kept as a whole.
        seed: int for numbers that repeat.

    Raises:
        ValueError: rate is not in [0, 1].

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Dropout(0.5, seed=1)
    >>> x = np.ones((1, 4))
    >>> layer(x).numpy().tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    >>> sorted(set(layer(np.ones((8, 8)), training=True).numpy().ravel().tolist()))
    [0.0, 2.0]
    """

    supports_masking = True

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = fraction("rate", rate)
        self.noise_shape = noise_shape
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        return random.dropout(inputs, self.rate, self.noise_shape, self.seed_generator)


def fraction(name: str, value: Any) -> float:
    """The value of an argument that is a number in [0, 1].

    Raises:
        ValueError: it is not.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number in [0, 1]. Received: {name}={value!r}")
    return float(value)
