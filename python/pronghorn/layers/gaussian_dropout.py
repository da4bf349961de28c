# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

from pronghorn import random
from pronghorn.layers.dropout import fraction
from pronghorn.layers.layer import Layer
from pronghorn.random.distributions import normal_like


class GaussianDropout(Layer):
    """Multiplies by normally distributed numbers of mean 1 while training.

    Their standard deviation is sqrt(rate / (1 - rate)), that of the factors of `Dropout(rate)`.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Args:
        rate: in [0, 1).
        seed: int for numbers that repeat.

    Raises:
        ValueError: rate is not in [0, 1).

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.GaussianDropout(0.5)(np.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
    """

    supports_masking = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = fraction("rate", rate)
        if self.rate == 1:
            raise ValueError(f"rate must be less than 1. Received: rate={rate!r}")
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * normal_like(inputs, 1.0, stddev, self.seed_generator)
