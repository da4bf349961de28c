# SPDX-License-Identifier: Apache-2.0
"""Means of hinge losses."""

from __future__ import annotations

from typing import Any

from pronghorn import losses
from pronghorn.metrics.mean import MeanMetricWrapper


class Hinge(MeanMetricWrapper):
    """mean max(1 - y p, 0), for targets that are -1 or 1 (or 0 or 1).

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.Hinge()([[-1.0, 1.0]], [[0.5, 2.0]]))
    0.75
    """

    _direction = "down"

    def __init__(self, name: str = "hinge", dtype: Any = None) -> None:
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """mean max(1 - y p, 0)^2, for targets that are -1 or 1 (or 0 or 1).

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.SquaredHinge()([[-1.0, 1.0]], [[1.0, 2.0]]))
    2.0
    """

    _direction = "down"

    def __init__(self, name: str = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """mean max(1 + max((1 - y) p) - sum y p, 0), for one-hot targets.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    _direction = "down"

    def __init__(self, name: str = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)
