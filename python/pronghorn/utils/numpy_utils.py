# SPDX-License-Identifier: Apache-2.0
"""Small conversions of data, on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Converts class numbers to rows of zeros with a one at the class (one-hot).

    Args:
        x: Class numbers: integers of any shape; an axis of length 1 at the end is dropped.
        num_classes: Number of classes; by default the largest class number plus one.

    Returns:
        An array of `float64` with one axis more than `x`, of length `num_classes`.

    Raises:
        ValueError: If `x` holds something else than integers from 0 to `num_classes - 1`.

    Example:

    >>> import pronghorn as keras
    >>> keras.utils.to_categorical([0, 2, 1, 2])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    given = np.asarray(x)
    numeric = given.dtype.kind in "biuf"
    with np.errstate(invalid="ignore"):  # NaN becomes some integer, which it does not equal
        classes = given.astype(np.int64) if numeric else np.empty(0, np.int64)
    if not numeric or not np.array_equal(classes, given):
        raise ValueError(f"`x` must hold class numbers, which are integers. Received: x={x!r}")
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    if num_classes is None:
        num_classes = int(classes.max(initial=-1)) + 1
    if np.any((classes < 0) | (classes >= num_classes)):
        raise ValueError(
            f"`x` must hold class numbers from 0 to {num_classes - 1} (num_classes={num_classes}). "
            f"Received: numbers from {classes.min()} to {classes.max()}"
        )
    rows = np.zeros((classes.size, num_classes))
    rows[np.arange(classes.size), classes.ravel()] = 1
    return rows.reshape(*classes.shape, num_classes)


def normalize(x: Any, axis: int = -1, order: float = 2) -> np.ndarray:
    """Divides by the norm along an axis: `x / ||x||`; what has the norm 0 stays 0.

    Args:
        x: Numbers, of any shape.
        axis: The axis along which the norm is taken.
        order: Which norm: 2 for the Euclidean one, 1 for the sum of absolute values.

    Returns:
        An array of the shape of `x`, `float32` or `float64`.

    Example:

    >>> import pronghorn as keras
    >>> keras.utils.normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    values = np.asarray(x)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    values = np.atleast_1d(values)
    norm = np.linalg.norm(values, order, axis, keepdims=True)
    norm[norm == 0] = 1
    return values / norm
