# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import random
from pronghorn.layers.dropout import fraction
from pronghorn.layers.layer import Layer
from pronghorn.random.distributions import normal_like


class GaussianNoise(Layer):
    """Adds normally distributed noise of mean 0 while training.

    Args:
        stddev: standard deviation of the noise, in [0, 1].
        seed: int for numbers that repeat.

    Raises:
        ValueError: stddev is not in [0, 1].

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.GaussianNoise(0.5)(np.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
    """

    supports_masking = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = fraction("stddev", stddev)
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        return inputs + normal_like(inputs, 0.0, self.stddev, self.seed_generator)
