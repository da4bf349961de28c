# SPDX-License-Identifier: Apache-2.0
"""Random tensors. They depend on the seed and the position of an element, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import _core, ops
from pronghorn.backend.dtypes import standardize_dtype
from pronghorn.backend.tensor import convert_to_tensor
from pronghorn.backend.trace import init_scope
from pronghorn.ops.core import one_program, operands, uniform_bits
from pronghorn.random.seed_generator import SeedGenerator, draw_state


def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Numbers spread evenly over [minval, maxval).

    >>> import pronghorn as keras
    >>> keras.random.uniform((2, 3), seed=1).shape
    (2, 3)
    """
    return _uniform(draw_state(seed), tuple(shape), minval, maxval, standardize_dtype(dtype))


@one_program
def _uniform(state: Any, shape: tuple[int, ...], minval: Any, maxval: Any, dtype: str) -> Any:
    u = uniform_bits(state, shape, dtype)
    return u * (maxval - minval) + minval


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Normally distributed numbers, by Box and Muller (1958)."""
    state = draw_state(seed)
    u = uniform_bits(state, (2, math.prod(shape)), standardize_dtype(dtype))
    radius = ops.sqrt(-2.0 * ops.log(1.0 - u[0]))  # 1 - u is in (0, 1]
    z = radius * ops.cos(2.0 * math.pi * u[1])
    return ops.reshape(z, shape) * stddev + mean


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Normally distributed numbers, those beyond two standard deviations drawn again."""
    name = standardize_dtype(dtype)
    with init_scope():
        state = draw_state(seed).numpy()
        generator = SeedGenerator(int(state[0] ^ (state[1] << 32)) & (2**63 - 1))
        values = normal(shape, dtype=name, seed=generator).numpy()
        while (outside := np.abs(values) > 2).any():
            values[outside] = normal(shape, dtype=name, seed=generator).numpy()[outside]
        return convert_to_tensor(values) * stddev + mean


def randint(
    shape: Sequence[int],
    minval: int,
    maxval: int,
    dtype: Any = "int32",
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Integers spread evenly over [minval, maxval)."""
    u = uniform_bits(draw_state(seed), shape, "float64")
    return ops.cast(ops.floor(u * (maxval - minval)) + minval, dtype)


def categorical(
    logits: Any,
    num_samples: int,
    dtype: Any = "int32",
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Class numbers drawn with the probabilities softmax(logits), as (rows, num_samples).

    The largest of logits - log(-log(u)) is one (Gumbel, 1954).

    Args:
        logits: logarithms of probabilities, up to a constant, (rows, classes).
        num_samples: draws for each row.
        dtype: of the class numbers.
        seed: int or `SeedGenerator`.

    >>> import numpy as np, pronghorn as keras
    >>> keras.random.categorical(np.log([[0.5, 0.5, 1e-9]]), 4, seed=1).shape
    (1, 4)
    """
    (logits,) = operands(logits, to_float=True)
    if logits.ndim != 2:
        raise ValueError(
            f"logits must be a matrix (rows, classes). Received: shape {tuple(logits.shape)}"
        )
    rows, classes = logits.shape
    u = uniform((rows, num_samples, classes), dtype=logits.dtype, seed=seed)
    noise = -ops.log(-ops.log(1.0 - u))  # 1 - u is in (0, 1]
    return ops.cast(ops.argmax(ops.expand_dims(logits, 1) + noise, axis=-1), dtype)


def dropout(
    inputs: Any,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    seed: int | SeedGenerator | None = None,
) -> Any:
    """Zeroes elements with probability `rate` and divides the others by 1 - rate.

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """
    x = convert_to_tensor(inputs)
    if rate >= 1:
        return ops.zeros_like(x)
    shape = noise_dims(x.shape, noise_shape)
    if None in shape:  # shapes are being inferred
        return x
    keep = uniform(shape, dtype=x.dtype, seed=seed) >= rate
    return ops.where(keep, x * (1.0 / (1.0 - rate)), 0.0)


def noise_dims(shape: Sequence[int | None], noise_shape: Sequence[int | None] | None) -> list[Any]:
    """The shape of the noise for an input: its own where nothing else is wanted."""
    wanted = noise_shape or [None] * len(shape)
    return [own if given is None else given for own, given in zip(shape, wanted, strict=True)]


def normal_like(x: Any, mean: float, stddev: float, seed: int | SeedGenerator | None = None) -> Any:
    """Normally distributed numbers for each element of x; their mean while shapes are inferred."""
    if None in x.shape:
        return mean
    return normal(x.shape, mean, stddev, x.dtype, seed)


def shuffle(x: Any, axis: int = 0, seed: int | SeedGenerator | None = None) -> Any:
    """x with its slices along an axis in random order."""
    with init_scope():
        key, counter = (int(v) for v in draw_state(seed).numpy())
    x = convert_to_tensor(x)
    order = _core.permutation(x.shape[axis], key, counter).astype("int32")
    return ops.take(x, order, axis=axis)
