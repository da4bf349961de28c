# SPDX-License-Identifier: Apache-2.0
"""Projections of weights, applied after every training step."""

from __future__ import annotations

from typing import Any

from pronghorn.constraints.constraints import (
    CONSTRAINTS,
    Constraint,
    MaxNorm,
    MinMaxNorm,
    NonNeg,
    UnitNorm,
)

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

serialize = CONSTRAINTS.serialize
deserialize = CONSTRAINTS.deserialize


def get(identifier: Any) -> Any:
    """The constraint that a name, a config, a class, an instance or a function stands for.

    Raises:
        ValueError: unknown name.

    Example:
    >>> import pronghorn as keras
    >>> keras.constraints.get("max_norm").max_value
    2
    """
    return CONSTRAINTS.get(identifier)


__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
