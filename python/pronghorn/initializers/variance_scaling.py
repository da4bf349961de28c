# SPDX-License-Identifier: Apache-2.0
"""Initializers that keep the variance of what flows through a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pronghorn import random
from pronghorn.initializers.random_initializers import _RandomInitializer

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
# The standard deviation of a standard normal distribution cut at -2 and 2.
_STDDEV_AFTER_CUT = 0.87962566103423978


class VarianceScaling(_RandomInitializer):
    """Random values of variance scale / n, with n the number of a unit's inputs or outputs.

    Args:
        scale: positive number.
        mode: what n is: "fan_in" (inputs), "fan_out" (outputs) or "fan_avg" (their mean).
        distribution: "truncated_normal" (also called "normal"; cut at two standard deviations),
            "untruncated_normal", or "uniform" within plus and minus sqrt(3 scale / n).
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: the axes of the weight that stand for inputs and outputs, as
            `EinsumDense` tells them; None: those of `fans`.

    Raises:
        ValueError: for a `scale` that is not positive, an unknown `mode` or `distribution`.

    Example:
    >>> import pronghorn as keras
    >>> init = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=1)
    >>> values = init((100, 200)).numpy()
    >>> bool((abs(values) <= 0.2).all())  # sqrt(3 * 2 / 150)
    True

    He et al., "Delving deep into rectifiers", 2015.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}")
        if mode not in _MODES:
            raise ValueError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}")
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(
                f"`distribution` must be one of {_DISTRIBUTIONS}. "
                f"Received: distribution={distribution!r}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random.uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, seed=self.seed)
        stddev = math.sqrt(variance) / _STDDEV_AFTER_CUT
        return random.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)


class GlorotUniform(VarianceScaling):
    """Uniform within plus and minus sqrt(6 / (inputs + outputs)); the default of `Dense`.

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> bool((abs(keras.initializers.GlorotUniform(seed=1)((3, 3)).numpy()) <= 1.0).all())
    True

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


class GlorotNormal(VarianceScaling):
    """Truncated normal with variance 2 / (inputs + outputs).

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.GlorotNormal(seed=1)((3, 4)).shape
    (3, 4)

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


class HeUniform(VarianceScaling):
    """Uniform within plus and minus sqrt(6 / inputs): for ReLU and its kin.

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> bool((abs(keras.initializers.HeUniform(seed=1)((6, 4)).numpy()) <= 1.0).all())
    True

    He et al., "Delving deep into rectifiers", 2015.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


class HeNormal(VarianceScaling):
    """Truncated normal with variance 2 / inputs: for ReLU and its kin.

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.HeNormal(seed=1)((3, 4)).shape
    (3, 4)

    He et al., "Delving deep into rectifiers", 2015.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


class LecunUniform(VarianceScaling):
    """Uniform within plus and minus sqrt(3 / inputs).

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> bool((abs(keras.initializers.LecunUniform(seed=1)((3, 4)).numpy()) <= 1.0).all())
    True

    LeCun et al., "Efficient backprop", 1998.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


class LecunNormal(VarianceScaling):
    """Truncated normal with variance 1 / inputs: for SELU.

    Args:
        seed: int, `SeedGenerator` or None (the global generator).
        input_axes, output_axes: as for `VarianceScaling`.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.LecunNormal(seed=1)((3, 4)).shape
    (3, 4)

    LeCun et al., "Efficient backprop", 1998.
    """

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """The number of inputs and of outputs of a unit whose weights have a shape.

    A matrix is (inputs, outputs); axes before these (as of a convolution) multiply both.
    If it is given which axes stand for inputs and which for outputs, their sizes are multiplied.

    >>> fans((3, 4)), fans((5,)), fans((2, 3, 4)), fans(())
    ((3, 4), (5, 5), (6, 8), (1, 1))
    >>> fans((2, 3, 4), [0, 1], [2])
    (6, 4)
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        n = math.prod(shape)
        return n, n
    *window, inputs, outputs = shape
    return inputs * math.prod(window), outputs * math.prod(window)
