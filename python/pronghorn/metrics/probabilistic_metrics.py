# SPDX-License-Identifier: Apache-2.0
"""Means of losses that compare distributions."""

from __future__ import annotations

from typing import Any

from pronghorn import losses
from pronghorn.metrics.mean import MeanMetricWrapper


class KLDivergence(MeanMetricWrapper, aliases=("kld", "KLD", "kullback_leibler_divergence")):
    """mean of sum y log(y / p): how far the distributions p are from y.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    _direction = "down"

    def __init__(self, name: str = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """mean p - y log(p + e), for counts y with the predicted mean p; e = 1e-7.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.Poisson()([[2.0, 1.0]], [[2.0, 1.0]])), 4)
    0.8069
    """

    _direction = "down"

    def __init__(self, name: str = "poisson", dtype: Any = None) -> None:
        super().__init__(losses.poisson, name, dtype)
