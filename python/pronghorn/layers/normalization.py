# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend import convert_to_numpy, epsilon
from pronghorn.layers.layer import Layer


class Normalization(Layer):
    """(x - mean) / sqrt(variance), with the statistics of a data set.

    They come from `adapt`, or from the constructor.

    Args:
        axis: axis or axes that keep statistics of their own; None for one mean and variance.
        mean, variance: known statistics, instead of `adapt`.
        invert: compute x * sqrt(variance) + mean instead.

    Raises:
        ValueError: only one of mean and variance.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[0.0], [2.0]]))
    >>> layer(np.array([[0.0], [4.0]])).numpy().tolist()
    [[-1.0], [3.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError("Give both `mean` and `variance`, or neither.")
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.mean, self.variance, self.invert = mean, variance, invert

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        for axis in self.axis:
            if not -rank <= axis < rank or axis % rank == 0:
                raise ValueError(
                    f"axis must be of a sample, not of the batch. Received: axis={self.axis} for "
                    f"inputs of shape {tuple(input_shape)}"
                )
        self._kept = sorted(axis % rank for axis in self.axis)
        self._rank = rank
        shape = tuple(input_shape[axis] for axis in self._kept)
        if None in shape:
            raise ValueError(
                f"Layer {self.name!r}: the sizes of axes {self.axis} must be known. "
                f"Received: input shape {tuple(input_shape)}"
            )
        self._statistics_shape = shape
        if self.mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
        self.built = True

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take mean and variance from data.

        Args:
            data: array of samples; a single vector is one sample's worth of scalars.
            batch_size, steps: accepted for Keras's sake; the data is read at once.

        Raises:
            ValueError: the data is empty or does not fit the layer's input shape.
        """
        if self.mean is not None:
            raise RuntimeError("mean and variance were given to the constructor: nothing to adapt")
        array = np.asarray(convert_to_numpy(data))
        if array.ndim == 1:
            array = array[:, None]
        if array.size == 0:
            raise ValueError(f"Layer {self.name!r}: cannot adapt to empty data {array.shape}")
        if not self.built:
            self.build((None, *array.shape[1:]))
        shape = (
            tuple(array.shape[axis] for axis in self._kept) if array.ndim == self._rank else None
        )
        if shape != self._statistics_shape:
            raise ValueError(
                f"Layer {self.name!r}: expected data of rank {self._rank} with sizes "
                f"{self._statistics_shape} along axes {tuple(self._kept)}. "
                f"Received: shape {array.shape}"
            )
        others = tuple(a for a in range(array.ndim) if a not in self._kept)
        mean = array.mean(axis=others, dtype="float64")
        self.adapt_variance.assign(array.var(axis=others, dtype="float64").reshape(shape))
        self.adapt_mean.assign(mean.reshape(shape))

    def call(self, inputs: Any) -> Any:
        known = self.mean is not None
        mean, variance = (
            self._along_axes(v)
            for v in (
                (self.mean, self.variance) if known else (self.adapt_mean, self.adapt_variance)
            )
        )
        deviation = ops.maximum(ops.sqrt(variance), epsilon())
        x = ops.cast(inputs, self.dtype)
        return x * deviation + mean if self.invert else (x - mean) / deviation

    def _along_axes(self, statistics: Any) -> Any:
        if self.mean is not None:
            statistics = np.broadcast_to(np.asarray(statistics, self.dtype), self._statistics_shape)
        shape = [1] * self._rank
        for axis, size in zip(self._kept, self._statistics_shape, strict=True):
            shape[axis] = size
        return ops.reshape(statistics, shape)
