# SPDX-License-Identifier: Apache-2.0
"""Shapes of inputs: one, or a structure of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


class Shape(tuple):
    """A shape as one leaf of a structure of shapes."""


def map_shapes(structure: Any) -> Any:
    """Plain tuples for Shapes, once the structure needs no more telling apart."""
    if isinstance(structure, Shape):
        return tuple(structure)
    if isinstance(structure, dict):
        return {k: map_shapes(v) for k, v in structure.items()}
    if isinstance(structure, list | tuple):
        return [map_shapes(v) for v in structure]
    return structure


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
