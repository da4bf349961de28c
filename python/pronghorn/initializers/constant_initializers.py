# SPDX-License-Identifier: Apache-2.0
"""Initializers without chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
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
