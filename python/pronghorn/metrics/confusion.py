# SPDX-License-Identifier: Apache-2.0
"""True and false, positives and negatives: counts at thresholds, which many metrics are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend import Variable
from pronghorn.losses.loss import as_floats
from pronghorn.losses.reduction import broadcastable, same_rank
from pronghorn.metrics.metric import Metric

# Below every threshold: what stands for predictions that are not among the k largest.
NEVER = -1e10


class _ConfusionMetric(Metric):
    """Base of metrics that count how predictions p compare with thresholds t: p > t is positive.

    A subclass calls `_add_counts` for the counts that it needs, and `_count` for each batch.

    Attributes:
        thresholds: list of the thresholds.
    """

    thresholds: list[float]
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def _add_counts(self, *names: str, shape: Sequence[int] | None = None) -> None:
        """Make variables such as `true_positives`; one value per threshold unless `shape` says."""
        for name in names:
            variable = self.add_variable(shape or (len(self.thresholds),), name=name)
            setattr(self, name, variable)

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any, **options: Any) -> None:
        """Add a batch to the counts."""
        counts = confusion_counts(
            y_true, y_pred, self.thresholds, sample_weight, self.dtype, **options
        )
        for name, count in counts.items():
            variable = getattr(self, name, None)
            if variable is not None:
                variable.assign(variable + count)

    def _one_or_all(self, values: Any) -> Any:
        """The value of the only threshold, or one per threshold."""
        return values[0] if len(self.thresholds) == 1 else values


def confusion_counts(
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float],
    sample_weight: Any = None,
    dtype: str = "float32",
    spaced: bool | None = None,
    top_k: int | None = None,
    class_id: int | None = None,
    per_label: bool = False,
    label_weights: Any = None,
) -> dict[str, Any]:
    """The weights of the true and false positives and negatives at each threshold.

    Evenly spaced thresholds cost no comparisons: a prediction counts into the bucket between two
    thresholds, and what exceeds a threshold is the sum of the buckets above it.

    Args:
        y_true: labels `(n, ...)`; what is not 0 is positive.
        y_pred: predictions `(n, ...)`.
        thresholds: ascending numbers.
        sample_weight: None, a number, `(n,)`, or of the shape of the predictions.
        dtype: of the computation and the result.
        spaced: whether the thresholds are 0, 1 / (t - 1), 2 / (t - 1), ... 1, of which the first
            may be less and the last more; None: look at them.
        top_k: only the k largest predictions of a row can be positive.
        class_id: use this column alone.
        per_label: count each column apart.
        label_weights: `(columns,)`.

    Returns:
        Count name -> `(thresholds,)`, or `(thresholds, columns)` if `per_label`.

    Raises:
        ValueError: the shapes do not fit, or `top_k` or `class_id` exceeds the columns.
    """
    y_true, y_pred = same_rank(*as_floats(y_true, y_pred, dtype))
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape. "
            f"Received: y_true of shape {y_true.shape}, y_pred of shape {y_pred.shape}"
        )
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    if class_id is not None:
        _check_column("class_id", class_id + 1, y_pred)
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
    weight = ops.ones(y_pred.shape, dtype)
    if sample_weight is not None:
        weight = weight * broadcastable(sample_weight, y_pred)
    if label_weights is not None:
        weight = weight * ops.cast(label_weights, dtype)
    columns = y_pred.shape[-1] if per_label else 1

    def in_columns(x: Any) -> Any:  # (columns, rows)
        return ops.transpose(ops.reshape(x, (-1, columns)))

    p = in_columns(y_pred)
    positive = in_columns(ops.cast(ops.not_equal(y_true, 0.0), dtype))
    weight = in_columns(weight)
    weights = ops.stack([positive * weight, (1.0 - positive) * weight], axis=1)
    if is_spaced(thresholds) if spaced is None else spaced:
        weights, exceeds = _in_buckets(weights, p, thresholds)
    else:
        levels = np.asarray(thresholds, dtype)
        exceeds = ops.cast(ops.expand_dims(p, -1) > levels, dtype)
    above = ops.matmul(weights, exceeds)
    below = ops.relu(ops.sum(weights, axis=-1, keepdims=True) - above)  # not -1e-8 by rounding
    counts = {
        "true_positives": above[:, 0],
        "false_positives": above[:, 1],
        "true_negatives": below[:, 1],
        "false_negatives": below[:, 0],
    }
    return {name: ops.transpose(count) if per_label else count[0] for name, count in counts.items()}


def quotient(a: Any, b: Any) -> Any:
    """a / b; 0 where b is 0."""
    nothing = ops.equal(b, 0.0)
    return ops.where(nothing, 0.0, a / ops.where(nothing, 1.0, b))


def checked_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """A number or numbers in [0, 1] as a list; the default for None.

    Raises:
        ValueError: a threshold outside of [0, 1].
    """
    if thresholds is None:
        return [default]
    values = [float(t) for t in np.ravel(thresholds)]
    if not all(0 <= t <= 1 for t in values):
        raise ValueError(f"`thresholds` must be in [0, 1]. Received: thresholds={thresholds}")
    return values


def is_spaced(thresholds: Sequence[float]) -> bool:
    """Are these three or more numbers 0, 1 / (t - 1), 2 / (t - 1), ... 1?"""
    even = np.linspace(0.0, 1.0, len(thresholds))
    # 1e-7: the outer thresholds of an AUC lie that much outside of [0, 1].
    return len(thresholds) >= 3 and bool(np.allclose(thresholds, even, rtol=0, atol=1.01e-7))


def _in_buckets(weights: Any, p: Any, thresholds: Sequence[float]) -> tuple[Any, Any]:
    """Sums of `weights` (columns, 2, rows) by bucket, and which bucket exceeds which threshold.

    Bucket b, between the thresholds b - 1 and b, exceeds the first b thresholds.
    """
    columns, count = p.shape[0], len(thresholds)
    lowest = 1.0 if thresholds[0] < 0 else 0.0  # for p = 0, and NaN
    bucket = ops.where(p > 0.0, ops.ceil(ops.minimum(p, 1.0) * (count - 1.0)), lowest)
    place = ops.cast(bucket, "int32") + ops.expand_dims(ops.arange(columns), 1) * count
    rows = ops.reshape(ops.swapaxes(weights, 1, 2), (-1, 2))
    sums = ops.segment_sum(rows, ops.reshape(place, (-1,)), columns * count)
    sums = ops.swapaxes(ops.reshape(sums, (columns, count, 2)), 1, 2)
    return sums, np.tri(count, k=-1, dtype=weights.dtype)


def _only_top_k(y_pred: Any, k: int) -> Any:
    """The k largest of each row (the first ones of equals), and NEVER elsewhere."""
    _check_column("top_k", k, y_pred)
    rest = y_pred
    for _ in range(k):
        largest = ops.one_hot(ops.argmax(rest, axis=-1), y_pred.shape[-1])
        rest = ops.where(largest, -float("inf"), rest)
    return ops.where(ops.isinf(rest), y_pred, NEVER)


def _check_column(argument: str, needed: int, y_pred: Any) -> None:
    columns = y_pred.shape[-1]
    if needed > columns:
        raise ValueError(
            f"`{argument}` does not fit predictions with {columns} column(s). "
            f"Received: {argument}={needed - (argument == 'class_id')}"
        )
