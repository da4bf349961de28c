# SPDX-License-Identifier: Apache-2.0
"""Projections of weights, applied after every step. e = 1e-7 keeps quotients finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn._configurable import Configurable, Family
from pronghorn.backend import epsilon

CONSTRAINTS = Family("constraint", "keras.constraints")

Axis = int | Sequence[int]


class Constraint(Configurable, family=CONSTRAINTS):
    """Base of constraints. A subclass defines `__call__`.

    Example:
    >>> import pronghorn as keras
    >>> class ZeroMean(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return w - keras.ops.mean(w)
    >>> ZeroMean()(keras.ops.convert_to_tensor([1.0, 3.0])).numpy().tolist()
    [-1.0, 1.0]
    """

    def __call__(self, w: Any) -> Any:
        """The constrained value of a weight, of its shape."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`")


class MaxNorm(Constraint):
    """w * clip(n, 0, max_value) / (e + n), n the length of w along `axis`.

    Args:
        max_value: longest allowed length.
        axis: along which the lengths are measured; 0 for the inputs of a unit of `Dense`.

    Example:
    >>> import pronghorn as keras
    >>> keras.constraints.MaxNorm(2.5)(keras.ops.convert_to_tensor([3.0, 4.0])).numpy().tolist()
    [1.5, 2.0]
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        n = length(w, self.axis)
        return w * (ops.clip(n, 0, self.max_value) / (epsilon() + n))


class MinMaxNorm(Constraint):
    """w * (rate * clip(n, min_value, max_value) + (1 - rate) * n) / (e + n), n as in `MaxNorm`.

    Args:
        min_value: shortest allowed length.
        max_value: longest allowed length.
        rate: how strictly the lengths are brought into the interval: 1 at once.
        axis: along which the lengths are measured.

    Example:
    >>> import pronghorn as keras
    >>> w = keras.ops.convert_to_tensor([3.0, 4.0])
    >>> keras.constraints.MinMaxNorm(10.0, 20.0)(w).numpy().tolist()
    [6.0, 8.0]
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        n = length(w, self.axis)
        wanted = self.rate * ops.clip(n, self.min_value, self.max_value) + (1 - self.rate) * n
        return w * (wanted / (epsilon() + n))


class NonNeg(Constraint):
    """max(w, 0).

    Example:
    >>> import pronghorn as keras
    >>> keras.constraints.NonNeg()(keras.ops.convert_to_tensor([-3.0, 4.0])).numpy().tolist()
    [0.0, 4.0]
    """

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """w / (e + n), n as in `MaxNorm`.

    Args:
        axis: along which the lengths are measured.

    Example:
    >>> import pronghorn as keras
    >>> w = keras.ops.convert_to_tensor([3.0, 4.0])
    >>> [round(float(x), 4) for x in keras.constraints.UnitNorm()(w)]
    [0.6, 0.8]
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        return w / (epsilon() + length(w, self.axis))


def length(w: Any, axis: Axis) -> Any:
    """sqrt(sum w^2) along an axis, which stays as one of size 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))
