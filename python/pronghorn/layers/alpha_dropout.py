# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops, random
from pronghorn.layers.dropout import fraction
from pronghorn.layers.layer import Layer
from pronghorn.random.distributions import noise_dims

# What selu tends to for x towards minus infinity: -alpha * scale of Klambauer et al.
_SELU_FLOOR = -1.6732632423543772 * 1.0507009873554805


class AlphaDropout(Layer):
    """Dropout that keeps mean 0 and variance 1, for networks of selu units.

    While training, inputs are set to selu's lower limit at random, and then all are scaled and
    shifted: y = a * (x or the limit) + b.

    Klambauer et al., "Self-normalizing neural networks", 2017.

    Args:
        rate: probability of dropping, in [0, 1].
        noise_shape: dims of the mask, None for those of the input.
        seed: int for numbers that repeat.

    Raises:
        ValueError: rate is not in [0, 1].

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.AlphaDropout(0.5)(np.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
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
        shape = noise_dims(inputs.shape, self.noise_shape)
        if not training or self.rate == 0 or None in shape:
            return inputs
        if self.rate == 1:  # the limit
            return ops.zeros_like(inputs)
        keep = random.uniform(shape, dtype=inputs.dtype, seed=self.seed_generator) >= self.rate
        a = ((1 - self.rate) * (1 + self.rate * _SELU_FLOOR**2)) ** -0.5
        b = -a * _SELU_FLOOR * self.rate
        return ops.where(keep, inputs, _SELU_FLOOR) * a + b
