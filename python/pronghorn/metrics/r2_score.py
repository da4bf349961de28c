# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import as_pair
from pronghorn.losses.reduction import broadcastable
from pronghorn.metrics.f_score_metrics import checked_matrices
from pronghorn.metrics.metric import Metric

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
_SUMS = ("squared_sum", "sum", "total_mse", "count")


class R2Score(Metric):
    """1 - sum (y - p)^2 / sum (y - mean y)^2: the share of the variance that is explained.

    Args:
        class_aggregation: None: one value per output; "uniform_average": their mean;
            "variance_weighted_average": their mean weighed with the variance of the targets.
        num_regressors: k: with n elements the result R becomes
            1 - (1 - R) (n - 1) / (n - k - 1), if n > k + 1; 0: it stays.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: an unknown aggregation, or a negative `num_regressors`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"`class_aggregation` must be one of {_AGGREGATIONS}. "
                f"Received: class_aggregation={class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(
                f"`num_regressors` must be >= 0. Received: num_regressors={num_regressors}"
            )
        super().__init__(dtype=dtype, name=name)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(dtype="int32", name="num_samples")
        self._built = False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: targets `(n, outputs)`.
            y_pred: predictions `(n, outputs)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.

        Raises:
            ValueError: the shapes are not these.
        """
        y_true, y_pred = as_pair(y_true, y_pred)
        checked_matrices(self.name, y_true, y_pred)
        if not self._built:
            for name in _SUMS:
                setattr(self, name, self.add_variable(y_pred.shape[1:], name=name))
            self._built = True
        y, p = ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype)
        weight = ops.ones(y.shape, self.dtype)
        if sample_weight is not None:
            weight = weight * broadcastable(sample_weight, y)
        for name, values in zip(
            _SUMS, (ops.square(y), y, ops.square(y - p), ops.ones_like(y)), strict=True
        ):
            getattr(self, name).assign_add(ops.sum(weight * values, axis=0))
        self.num_samples.assign_add(y.size)

    def result(self) -> Any:
        if not self._built:
            return ops.zeros((), self.dtype)
        squared_sum, total, error, count = (getattr(self, name).value for name in _SUMS)
        variance = squared_sum - total * (total / count)
        scores = 1.0 - error / variance
        scores = ops.where(ops.isinf(scores), 0.0, scores)  # no variance
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(scores * variance) / ops.sum(variance)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Any) -> Any:
        samples = ops.cast(self.num_samples, self.dtype)
        left = samples - self.num_regressors - 1.0
        enough = left > 0.0
        adjusted = 1.0 - (1.0 - scores) * (samples - 1.0) / ops.where(enough, left, 1.0)
        return ops.where(enough, adjusted, scores)
