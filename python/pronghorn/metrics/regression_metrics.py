# SPDX-License-Identifier: Apache-2.0
"""Means of the losses of regression."""

from __future__ import annotations

from typing import Any

from pronghorn import losses, ops
from pronghorn.losses.loss import as_pair
from pronghorn.metrics.mean import Mean, MeanMetricWrapper


class MeanSquaredError(MeanMetricWrapper, aliases=("mse", "MSE")):
    """mean (y - p)^2.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.MeanSquaredError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    2.0
    """

    _direction = "down"

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper, aliases=("mae", "MAE")):
    """mean |y - p|.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.MeanAbsoluteError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    1.0
    """

    _direction = "down"

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper, aliases=("mape", "MAPE")):
    """100 * mean |y - p| / max(|y|, 1e-7).

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.MeanAbsolutePercentageError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    50.0
    """

    _direction = "down"

    def __init__(self, name: str = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper, aliases=("msle", "MSLE")):
    """mean (log(1 + max(p, e)) - log(1 + max(y, e)))^2, e = 1e-7.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.MeanSquaredLogarithmicError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    0.1305
    """

    _direction = "down"

    def __init__(self, name: str = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper, aliases=("logcosh",)):
    """mean log(cosh(p - y)).

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.LogCoshError()([[1.0, 2.0]], [[1.0, 4.0]])), 4)
    0.6625
    """

    _direction = "down"

    def __init__(self, name: str = "logcosh", dtype: Any = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """mean of the cosine of the angle between targets and predictions.

    Args:
        name: in logs.
        dtype: of the variables.
        axis: the axis along which the vectors lie.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.CosineSimilarity()([[1.0, 0.0]], [[3.0, 4.0]])), 4)
    0.6
    """

    _direction = "up"

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(_cosine, name, dtype, axis=axis)
        self.axis = axis


class RootMeanSquaredError(Mean):
    """sqrt(mean (y - p)^2), the root taken of the mean over all batches.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.RootMeanSquaredError()([[1.0], [2.0]], [[3.0], [4.0]]))
    2.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch.

        Args:
            y_true: targets `(n, ...)`.
            y_pred: predictions `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.
        """
        y_true, y_pred = as_pair(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


def _cosine(y_true: Any, y_pred: Any, axis: int) -> Any:
    return -losses.cosine_similarity(y_true, y_pred, axis)
