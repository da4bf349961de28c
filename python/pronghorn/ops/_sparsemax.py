# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn.ops.core import operands, relu, symbolic
from pronghorn.ops.numpy import equal, greater, logical_and, logical_or, sum, where
from pronghorn.ops.shape import expand_dims, swapaxes


@symbolic
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest point to x whose elements are not negative and sum to 1: max(x - t, 0).

    With the elements sorted downwards, k the last place where 1 + k x_k > S_k = x_1 + ... + x_k,
    t = (S_k - 1) / k. (Keras 3.15 takes S_1 + ... + S_k for S_k, and its results sum to 1 only
    where one element is left.)

    Args:
        x: tensor of any shape.
        axis: along which it is computed, in quadratic time.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.sparsemax([3.0, 1.0, 0.5]).numpy().tolist()
    [1.0, 0.0, 0.0]
    >>> [round(float(v), 2) for v in keras.ops.sparsemax([0.5, 0.4])]
    [0.55, 0.45]

    Martins and Astudillo, "From softmax to sparsemax", 2016.
    """
    (x,) = operands(x, to_float=True)
    if axis not in (-1, x.ndim - 1):
        return swapaxes(sparsemax(swapaxes(x, axis, -1)), axis, -1)
    mine, other = expand_dims(x, -1), expand_dims(x, -2)
    size = x.shape[-1]
    earlier = np.tri(size, dtype="bool")  # of equal elements the first counts as larger
    not_after = logical_or(greater(other, mine), logical_and(equal(other, mine), earlier))
    place = sum(where(not_after, 1.0, 0.0), axis=-1)
    running = sum(where(not_after, other, 0.0), axis=-1)
    inside = greater(1.0 + place * x, running)
    count = sum(where(inside, 1.0, 0.0), axis=-1, keepdims=True)
    t = (sum(where(inside, x, 0.0), axis=-1, keepdims=True) - 1.0) / count
    return relu(x - t)
