# SPDX-License-Identifier: Apache-2.0
"""Random tensors that need several draws for each element.

All draws are made at once, so that a traced model draws anew in every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend.dtypes import standardize_dtype
from pronghorn.backend.tensor import convert_to_numpy
from pronghorn.random.distributions import normal, uniform
from pronghorn.random.seed_generator import SeedGenerator

# A proposal for a gamma variate is accepted with a probability above 0.95: 12 of them are all
# refused once in 4e15 elements.
_PROPOSALS = 12


def _stream(seed: int | SeedGenerator | None) -> SeedGenerator | None:
    """From one seed as many draws as are needed."""
    return SeedGenerator(seed) if isinstance(seed, int | np.integer) else seed


def gamma(
    shape: Sequence[int],
    alpha: Any,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Numbers with the density x^(alpha - 1) exp(-x) / Gamma(alpha).

    Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.

    Args:
        shape: of the result.
        alpha: positive number, or a tensor that broadcasts to `shape`.
        dtype: of the result.
        seed: int or `SeedGenerator`.

    >>> import pronghorn as keras
    >>> keras.random.gamma((2, 3), 1.5, seed=1).shape
    (2, 3)
    """
    stream, name, shape = _stream(seed), standardize_dtype(dtype), tuple(shape)
    alpha = ops.broadcast_to(ops.cast(ops.convert_to_tensor(alpha), name), shape)
    # For alpha < 1: gamma(alpha + 1) u^(1 / alpha).
    small = alpha < 1
    power = uniform(shape, dtype=name, seed=stream)
    boost = ops.where(small, ops.power(1.0 - power, 1.0 / ops.where(small, alpha, 1.0)), 1.0)
    d = ops.where(small, alpha + 1.0, alpha) - 1.0 / 3.0
    x = normal((_PROPOSALS, *shape), dtype=name, seed=stream)
    u = 1.0 - uniform((_PROPOSALS, *shape), dtype=name, seed=stream)
    root = 1.0 + x / ops.sqrt(9.0 * d)
    v = root * root * root
    usable = v > 0
    logarithm = ops.log(ops.where(usable, v, 1.0))
    accepted = ops.logical_and(usable, ops.log(u) < x * x / 2 + d * (1.0 - v + logarithm))
    first = ops.expand_dims(ops.argmax(ops.cast(accepted, "int32"), axis=0), 0)
    return d * ops.squeeze(ops.take_along_axis(v, first, axis=0), 0) * boost


def beta(
    shape: Sequence[int],
    alpha: Any,
    beta: Any,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Numbers in (0, 1) with a density proportional to x^(alpha - 1) (1 - x)^(beta - 1).

    They are a / (a + b) for gamma variates a and b.

    Args:
        shape: of the result.
        alpha, beta: positive numbers, or tensors that broadcast to `shape`.
        dtype: of the result.
        seed: int or `SeedGenerator`.

    >>> import pronghorn as keras
    >>> keras.random.beta((2,), 2.0, 3.0, seed=1).shape
    (2,)
    """
    stream = _stream(seed)
    a, b = gamma(shape, alpha, dtype, stream), gamma(shape, beta, dtype, stream)
    return a / (a + b)


def binomial(
    shape: Sequence[int],
    counts: Any,
    probabilities: Any,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """How many of `counts` trials succeed, each with a probability. Every trial is drawn.

    Args:
        shape: of the result.
        counts: number of trials, or a tensor of them that has values and broadcasts to `shape`.
        probabilities: number in [0, 1], or a tensor that broadcasts to `shape`.
        dtype: of the result, a float.
        seed: int or `SeedGenerator`.

    >>> import pronghorn as keras
    >>> keras.random.binomial((3,), 10, 1.0, seed=1).numpy().tolist()
    [10.0, 10.0, 10.0]
    """
    stream, name = _stream(seed), standardize_dtype(dtype)
    trials = np.asarray(convert_to_numpy(counts))
    probabilities = ops.cast(ops.convert_to_tensor(probabilities), name)
    total = ops.zeros(shape, name)
    for trial in range(int(trials.max(initial=0))):
        succeeds = uniform(shape, dtype=name, seed=stream) < probabilities
        total = total + ops.cast(ops.logical_and(succeeds, trial < trials), name)
    return total
