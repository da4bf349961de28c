# SPDX-License-Identifier: Apache-2.0
"""Initializers without chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend import standardize_dtype
from pronghorn.initializers.initializer import Initializer


class Constant(Initializer):
    """All elements the same.

    Args:
        value: a number, or an array-like that can be broadcast to the shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.Constant(3)((2,)).numpy().tolist()
    [3.0, 3.0]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return ops.full(shape, self.value, dtype)


class Zeros(Initializer, aliases=("zero",)):
    """All elements 0.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.Zeros()((2,)).numpy().tolist()
    [0.0, 0.0]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return ops.zeros(shape, dtype)


class Ones(Initializer, aliases=("one",)):
    """All elements 1.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.Ones()((2,)).numpy().tolist()
    [1.0, 1.0]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return ops.ones(shape, dtype)


class Identity(Initializer, aliases=("IdentityInitializer",)):
    """gain times the identity matrix; of a matrix that is not square, the part that there is.

    Args:
        gain: factor.

    Raises:
        ValueError: (when called) the weight is not a matrix.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.Identity(2.0)((2, 3)).numpy().tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices. Received: shape={tuple(shape)}")
        rows, columns = shape
        return ops.convert_to_tensor(self.gain * np.eye(rows, columns), standardize_dtype(dtype))
