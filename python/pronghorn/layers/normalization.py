# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn._object_form import serialize
from pronghorn.backend import convert_to_numpy, epsilon
from pronghorn.layers.input_spec import InputSpec
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

    supports_masking = True

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
        self.input_mean, self.input_variance, self.invert = mean, variance, invert

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        for axis in self.axis:
            if not -rank <= axis < rank or axis % rank == 0:
                raise ValueError(
                    f"axis must be of a sample, not of the batch. Received: axis={self.axis} for "
                    f"inputs of shape {tuple(input_shape)}"
                )
        self._kept = sorted(axis % rank for axis in self.axis)
        self._shape = tuple(input_shape[axis] for axis in self._kept)
        if None in self._shape:
            raise ValueError(
                f"Layer {self.name!r}: the sizes of axes {self.axis} must be known. "
                f"Received: input shape {tuple(input_shape)}"
            )
        if self.input_mean is None:
            make = functools.partial(self.add_weight, self._shape, trainable=False)
            self.adapt_mean = make("zeros", name="mean")
            self.adapt_variance = make("ones", name="variance")
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
        self._rank = rank if self._kept else 0
        from_behind = all(axis < 0 for axis in self.axis)  # then more axes in front do not matter
        sizes = {axis: input_shape[axis] for axis in self.axis}
        self.input_spec = InputSpec(
            ndim=None if from_behind else rank, min_ndim=self._rank, axes=sizes
        )
        self.built = True

    @property
    def mean(self) -> Any:
        """The mean it subtracts; None before it is known."""
        return self._statistics(self.input_mean, "adapt_mean")

    @property
    def variance(self) -> Any:
        """The square of what it divides by; None before it is known."""
        return self._statistics(self.input_variance, "adapt_variance")

    def _statistics(self, given: Any, adapted: str) -> Any:
        """Such that they broadcast against a batch."""
        if not self.built:
            return None
        shape = [1] * self._rank
        for axis, size in zip(self._kept, self._shape, strict=True):
            shape[axis] = size
        if given is None:
            return ops.reshape(getattr(self, adapted), shape)
        return ops.reshape(np.broadcast_to(np.asarray(given, self.dtype), self._shape), shape)

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take mean and variance from data.

        Args:
            data: array of samples, or an iterator of such arrays; a single vector is one sample's
                worth of scalars.
            batch_size: accepted for Keras's sake.
            steps: how many arrays of an iterator to take.

        Raises:
            ValueError: the data is empty or does not fit the layer's input shape.
        """
        if self.input_mean is not None:
            raise RuntimeError("mean and variance were given to the constructor: nothing to adapt")
        if hasattr(data, "__next__"):
            batches = [convert_to_numpy(batch) for batch in itertools.islice(data, steps)]
            if not all(np.ndim(batch) for batch in batches):
                raise ValueError(
                    f"Layer {self.name!r}: adapt takes an array of numbers, or an iterator of "
                    f"arrays. Received: an iterator of {type(batches[0]).__name__}"
                )
            data = np.concatenate(batches) if batches else np.zeros(0)
        array = np.asarray(convert_to_numpy(data))
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"Layer {self.name!r}: adapt takes an array of numbers. "
                f"Received: {type(data).__name__} of dtype {array.dtype}"
            )
        if array.ndim == 1:
            array = array[:, None]
        if array.size == 0:
            raise ValueError(f"Layer {self.name!r}: cannot adapt to empty data {array.shape}")
        if not self.built:
            self.build((None, *array.shape[1:]))
        assert self.input_spec is not None  # since `build`
        self.input_spec.check(array.shape, self.name)
        kept = [axis % array.ndim for axis in self.axis]
        others = tuple(axis for axis in range(array.ndim) if axis not in kept)
        self.adapt_mean.assign(array.mean(axis=others, dtype="float64"))
        self.adapt_variance.assign(array.var(axis=others, dtype="float64"))

    def call(self, inputs: Any) -> Any:
        deviation = ops.maximum(ops.sqrt(self.variance), epsilon())
        x = ops.cast(inputs, self.dtype)
        return x * deviation + self.mean if self.invert else (x - self.mean) / deviation

    def get_config(self) -> dict[str, Any]:
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return super().get_config() | {name: serialize(value) for name, value in given.items()}
