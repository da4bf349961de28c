# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.initializers import TruncatedNormal
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer
from pronghorn.layers.wrapper import Wrapper


class SpectralNormalization(Wrapper):
    """A layer whose kernel is divided by its largest singular value at each training step.

    The singular value is found by power iteration, which continues from step to step:
    v = u W' / |u W'|, u = v W / |v W|, sigma = v W u'.

    Miyato et al., "Spectral normalization for generative adversarial networks", 2018.

    Args:
        layer: with a weight `kernel` or `embeddings`.
        power_iterations: per training step, a positive int.

    Raises:
        ValueError: power_iterations is not positive, or the layer has no such weight.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2), power_iterations=20)
    >>> y = layer(np.ones((1, 3)), training=True)
    >>> round(float(np.linalg.norm(layer.layer.kernel.numpy(), 2)), 3)
    1.0
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                "power_iterations must be a positive int. "
                f"Received: power_iterations={power_iterations!r}"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        self.kernel: Any = getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))
        if self.kernel is None:
            raise ValueError(
                f"Layer {self.name!r}: the layer inside must have a weight `kernel` or "
                f"`embeddings`. Received: layer={self.layer!r}"
            )
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self._normalize()
        return self.layer(inputs)

    def _normalize(self) -> None:
        kernel, u = self.kernel.value, self.vector_u.value
        weights = ops.reshape(kernel, (-1, kernel.shape[-1]))
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(u, ops.transpose(weights)))
            u = ops.normalize(ops.matmul(v, weights))
        sigma = ops.matmul(ops.matmul(v, weights), ops.transpose(u))
        is_zero = ops.all(ops.equal(kernel, 0.0))  # has no direction: stays as it is
        self.vector_u.assign(ops.where(is_zero, self.vector_u.value, u))
        self.kernel.assign(kernel / ops.where(is_zero, 1.0, ops.reshape(sigma, ())))
