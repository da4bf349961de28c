# SPDX-License-Identifier: Apache-2.0
"""How closely targets and predictions rise and fall together."""

from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import as_pair
from pronghorn.metrics.mean import MeanMetricWrapper


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """mean (y - m)(p - n) / (s t), with means m, n and standard deviations s, t along an axis.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.
        axis: the axis along which targets and predictions are compared.

    Returns:
        Values `(n, ...)` in [-1, 1]; NaN where either does not vary.

    Example:
    >>> import pronghorn as keras
    >>> r = keras.metrics.pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 2.0, 6.0]])
    >>> round(float(r[0]), 4)
    0.9449
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    deviation = ops.std(y_true, axis=axis) * ops.std(y_pred, axis=axis)
    return _covariance(y_true, y_pred, axis) / deviation


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """2 cov(y, p) / (var y + var p + (m - n)^2 + e), with means m, n along an axis; e = 1e-7.

    Args:
        y_true: targets y `(n, ..., k)`.
        y_pred: predictions p `(n, ..., k)`.
        axis: the axis along which targets and predictions are compared.

    Returns:
        Values `(n, ...)`: 1 if p = y, less if p is only a linear function of y.

    Example:
    >>> import pronghorn as keras
    >>> r = keras.metrics.concordance_correlation([[0.0, 1.0, 2.0]], [[1.0, 2.0, 6.0]])
    >>> round(float(r[0]), 4)
    0.3571

    Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    apart = ops.mean(y_true, axis=axis) - ops.mean(y_pred, axis=axis)
    spread = ops.var(y_true, axis=axis) + ops.var(y_pred, axis=axis) + ops.square(apart)
    return 2.0 * _covariance(y_true, y_pred, axis) / (spread + epsilon())


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of the correlations of targets and predictions of each sample.

    Args:
        name: in logs.
        dtype: of the variables.
        axis: the axis along which targets and predictions are compared; -1: within a sample.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.PearsonCorrelation()
    >>> round(float(metric([[0.0, 1.0, 2.0]], [[1.0, 2.0, 6.0]])), 4)
    0.9449
    """

    _direction = "up"

    def __init__(
        self, name: str = "pearson_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of Lin's concordance correlations of targets and predictions of each sample.

    Args:
        name: in logs.
        dtype: of the variables.
        axis: the axis along which targets and predictions are compared; -1: within a sample.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.ConcordanceCorrelation()
    >>> round(float(metric([[0.0, 1.0, 2.0]], [[1.0, 2.0, 6.0]])), 4)
    0.3571

    Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989.
    """

    _direction = "up"

    def __init__(
        self, name: str = "concordance_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis


def _covariance(a: Any, b: Any, axis: int) -> Any:
    a = a - ops.mean(a, axis=axis, keepdims=True)
    b = b - ops.mean(b, axis=axis, keepdims=True)
    return ops.mean(a * b, axis=axis)
