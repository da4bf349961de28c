# SPDX-License-Identifier: Apache-2.0
"""Sums and means over batches, and means of what a function says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn import ops
from pronghorn._object_form import function_form, serialize
from pronghorn.backend.masks import mask_of
from pronghorn.backend.naming import function_name
from pronghorn.losses.loss import as_floats
from pronghorn.losses.reduction import broadcastable, same_rank
from pronghorn.metrics.metric import Metric
from pronghorn.ops.core import one_program


class Sum(Metric):
    """sum of w x over all values x and their weights w.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.Sum()([1.0, 3.0], sample_weight=[2.0, 1.0]))
    5.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values.

        Args:
            values: numbers of any shape.
            sample_weight: their weights.
        """
        values, _ = per_sample(values, sample_weight, self.dtype)
        self.total.assign(self.total + ops.sum(values))

    def result(self) -> Any:
        return self.total.value


class Mean(Metric):
    """sum of w x / sum of w over all values x and their weights w; 0 if there are none.

    Args:
        name: in logs.
        dtype: of the variables.

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.Mean()([1.0, 4.0], sample_weight=[2.0, 1.0]))
    2.0
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values.

        Args:
            values: numbers `(n, ...)`; axes beyond those of the weights are averaged.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the values.
        """
        values, weight = per_sample(values, sample_weight, self.dtype)
        samples = values.shape[0] if values.ndim else 1
        self.total.assign(self.total + ops.sum(values))
        self.count.assign(self.count + (samples if weight is None else ops.sum(weight)))

    def result(self) -> Any:
        return ratio(self.total, self.count)


class MeanMetricWrapper(Mean):
    """The mean of a function's values.

    Args:
        fn: function `(y_true, y_pred, **kwargs)` that returns one value per sample.
        name: in logs; the name of the function if None.
        dtype: of the variables.
        **kwargs: passed on to `fn`.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.MeanMetricWrapper(keras.metrics.binary_accuracy, threshold=0.8)
    >>> float(metric([[1.0], [1.0]], [[0.7], [0.9]]))
    0.5
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or function_name(fn), dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch.

        Args:
            y_true: targets `(n, ...)`.
            y_pred: predictions `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the function's
                values.
        """
        if (mask := mask_of(y_pred)) is not None:
            weight = ops.cast(mask, self.dtype)
            given = 1.0 if sample_weight is None else broadcastable(sample_weight, weight)
            sample_weight = weight * given
        y_true, y_pred = as_floats(y_true, y_pred)
        super().update_state(self.fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        if type(self) is MeanMetricWrapper:
            config = {**super().get_config(), **serialize(self._fn_kwargs)}
            if isinstance(config["fn"], str):
                config["fn"] = function_form(config["fn"])
            return config
        return super().get_config()


@one_program
def ratio(total: Any, count: Any) -> Any:
    """total / count; total where nothing was counted."""
    return total / ops.where(ops.equal(count, 0), 1, count)


def per_sample(values: Any, sample_weight: Any, dtype: str) -> tuple[Any, Any]:
    """Values times weights, and the weights, both with at most one axis: (n,).

    Axes that the weights do not have are averaged.
    """
    values = ops.cast(values, dtype)
    if sample_weight is None:
        return _mean_beyond(values, 1), None
    values, weight = same_rank(values, ops.cast(sample_weight, dtype))
    values = _mean_beyond(values, weight.ndim)
    weight = ops.broadcast_to(weight, values.shape) if weight.shape != values.shape else weight
    return _mean_beyond(values * weight, 1), _mean_beyond(weight, 1)


def _mean_beyond(values: Any, rank: int) -> Any:
    if values.ndim <= rank:
        return values
    return ops.mean(values, axis=tuple(range(rank, values.ndim)))
