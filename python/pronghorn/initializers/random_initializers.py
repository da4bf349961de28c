# SPDX-License-Identifier: Apache-2.0
"""Initializers that draw every element from one distribution, whatever the shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import random
from pronghorn.initializers.initializer import Initializer


class _RandomInitializer(Initializer):
    """Checks and keeps the seed.

    Args:
        seed: int: the same values at each call. `SeedGenerator`: new ones from it. None: new ones
            from the global generator, which `keras.utils.set_random_seed` restarts.
    """

    def __init__(self, seed: Any = None) -> None:
        is_int = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
        if not (seed is None or is_int or isinstance(seed, random.SeedGenerator)):
            raise ValueError(
                "`seed` must be an int, a `keras.random.SeedGenerator` or None. "
                f"Received: seed={seed!r}"
            )
        self.seed = seed


class RandomNormal(_RandomInitializer, aliases=("normal",)):
    """Normally distributed values.

    Args:
        mean: mean of the distribution.
        stddev: its standard deviation, not negative.
        seed: int, `SeedGenerator` or None (the global generator).

    Raises:
        ValueError: for a negative `stddev`.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, checked_stddev(stddev)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return random.normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


class TruncatedNormal(_RandomInitializer):
    """Normally distributed values; those beyond two standard deviations are drawn again.

    Args:
        mean: mean of the distribution.
        stddev: its standard deviation before the cut, not negative.
        seed: int, `SeedGenerator` or None (the global generator).

    Raises:
        ValueError: for a negative `stddev`.

    Example:
    >>> import pronghorn as keras
    >>> values = keras.initializers.TruncatedNormal(stddev=0.1, seed=1)((100,)).numpy()
    >>> bool((abs(values) <= 0.2).all())
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, checked_stddev(stddev)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


class RandomUniform(_RandomInitializer, aliases=("uniform",)):
    """Values spread evenly over [minval, maxval).

    Args:
        minval: lower bound.
        maxval: upper bound.
        seed: int, `SeedGenerator` or None (the global generator).

    Raises:
        ValueError: if `maxval` is below `minval`.

    Example:
    >>> import pronghorn as keras
    >>> values = keras.initializers.RandomUniform(0.0, 0.5, seed=1)((100,)).numpy()
    >>> bool((values >= 0.0).all() and (values < 0.5).all())
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        if maxval < minval:
            raise ValueError(
                f"`maxval` must not be below `minval`. Received: minval={minval}, maxval={maxval}"
            )
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return random.uniform(shape, self.minval, self.maxval, dtype, seed=self.seed)


def checked_stddev(stddev: float) -> float:
    if not stddev >= 0:
        raise ValueError(f"`stddev` must not be negative. Received: stddev={stddev}")
    return stddev
