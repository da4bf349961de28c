# SPDX-License-Identifier: Apache-2.0
"""Shapes of inputs: one, or a structure of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


def shapes_of(structure: Any) -> Any:
    """Each tensor replaced by its shape; lists for lists and tuples, so that a tuple is a shape."""
    if isinstance(structure, dict):
        return {k: shapes_of(v) for k, v in structure.items()}
    if isinstance(structure, list | tuple):
        return [shapes_of(v) for v in structure]
    return None if structure is None else tuple(getattr(structure, "shape", ()))


def map_shape_leaves(function: Any, shapes: Any) -> Any:
    """Applies a function to each shape of a structure of shapes."""
    if isinstance(shapes, dict):
        return {k: map_shape_leaves(function, v) for k, v in shapes.items()}
    if all(d is None or isinstance(d, int | np.integer) for d in shapes):
        return function(tuple(shapes))
    return [map_shape_leaves(function, s) for s in shapes]


def legacy_input_shape(kwargs: dict[str, Any]) -> tuple[int | None, ...] | None:
    """Keras 2's spellings of a first layer's input shape, with the batch dimension."""
    shape: tuple[int | None, ...] | None = None
    if (value := kwargs.pop("input_dim", None)) is not None:
        shape = (None, int(value))
    if (value := kwargs.pop("input_shape", None)) is not None:
        shape = (None, *(value if isinstance(value, list | tuple) else (value,)))
    if (value := kwargs.pop("batch_input_shape", None)) is not None:
        shape = tuple(value)
    if shape is not None:
        warnings.warn(
            "`input_shape` and its variants are an old spelling: start the model with "
            "`keras.Input(shape)` instead.",
            DeprecationWarning,
            stacklevel=4,
        )
    return shape
