# SPDX-License-Identifier: Apache-2.0
"""Penalties on weights, added to the loss. They sum over the elements; they do not average."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn._configurable import Configurable, Family

REGULARIZERS = Family("regularizer", "keras.regularizers")


class Regularizer(Configurable, family=REGULARIZERS):
    """Base of penalties. A subclass defines `__call__`.

    Example:
    >>> import pronghorn as keras
    >>> class Fourth(keras.regularizers.Regularizer):
    ...     def __init__(self, factor):
    ...         self.factor = factor
    ...     def __call__(self, x):
    ...         return self.factor * keras.ops.sum(x**4)
    >>> float(Fourth(0.5)(keras.ops.ones((3,))))
    1.5
    """

    def __call__(self, x: Any) -> Any:
        """The penalty for a tensor or variable, a scalar tensor."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`")


class L1(Regularizer):
    """l1 * sum |x|.

    Args:
        l1: factor, not negative.

    Raises:
        ValueError: for a factor that is negative or not finite.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.regularizers.L1(0.5)(keras.ops.convert_to_tensor([1.0, -3.0])))
    2.0
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _factor("l1", l1)

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.sum(ops.absolute(x))


class L2(Regularizer):
    """l2 * sum x^2.

    Args:
        l2: factor, not negative.

    Raises:
        ValueError: for a factor that is negative or not finite.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.regularizers.L2(0.5)(keras.ops.convert_to_tensor([1.0, -3.0])))
    5.0
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor("l2", l2)

    def __call__(self, x: Any) -> Any:
        return self.l2 * ops.sum(ops.square(x))


class L1L2(Regularizer):
    """l1 * sum |x| + l2 * sum x^2.

    Args:
        l1: factor, not negative.
        l2: factor, not negative.

    Raises:
        ValueError: for a factor that is negative or not finite.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.regularizers.L1L2(0.5, 0.25)(keras.ops.convert_to_tensor([1.0, -3.0])))
    4.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = _factor("l1", l1), _factor("l2", l2)

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.sum(ops.absolute(x)) + self.l2 * ops.sum(ops.square(x))


class OrthogonalRegularizer(Regularizer):
    """factor times the mean of |cos(w_i, w_j)| over all pairs of rows (or columns) of a matrix.

    Args:
        factor: not negative.
        mode: "rows" or "columns".

    Raises:
        ValueError: for a factor that is negative or not finite, another mode, or (when called) a
            weight that is not a matrix.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> regularizer = keras.regularizers.OrthogonalRegularizer(0.5)
    >>> round(float(regularizer(np.array([[1.0, 0.0], [1.0, 1.0]], "float32"))), 4)
    0.3536
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor("factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f"`mode` must be 'rows' or 'columns'. Received: mode={mode!r}")
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        if len(x.shape) != 2:
            raise ValueError(
                f"OrthogonalRegularizer is for matrices. Received: a weight of shape {x.shape}"
            )
        w = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        n = w.shape[0]
        others = 1 - np.eye(n, dtype=w.dtype)
        cosines = ops.absolute(ops.matmul(w, ops.transpose(w))) * others
        return self.factor * ops.sum(cosines) / (n * (n - 1.0))


def _factor(name: str, value: Any) -> float:
    """None counts as 0, as in Keras 2."""
    value = 0.0 if value is None else value
    if isinstance(value, (bool, str)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"`{name}` must be a number >= 0. Received: {name}={value!r}")
    return float(value)
