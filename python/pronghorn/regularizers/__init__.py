# SPDX-License-Identifier: Apache-2.0
"""Penalties on weights and activities."""

from __future__ import annotations

from typing import Any

from pronghorn.regularizers.regularizers import (
    L1,
    L1L2,
    L2,
    REGULARIZERS,
    OrthogonalRegularizer,
    Regularizer,
)

l1 = L1
l1_l2 = L1L2
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer

serialize = REGULARIZERS.serialize
deserialize = REGULARIZERS.deserialize


def get(identifier: Any) -> Any:
    """The regularizer that a name, a config, a class, an instance or a function stands for.

    Raises:
        ValueError: unknown name.

    Example:
    >>> import pronghorn as keras
    >>> keras.regularizers.get("l2").l2
    0.01
    """
    return REGULARIZERS.get(identifier)


__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]
