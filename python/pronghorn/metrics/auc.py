# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.metrics.confusion import (
    _ConfusionMetric,
    checked_thresholds,
    is_spaced,
    quotient,
)

_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "minoring", "majoring")
_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
_OUTSIDE = 1e-7  # how far the outer thresholds lie outside of [0, 1]


class AUC(_ConfusionMetric):
    """The area under a curve of two quotients, whose points belong to thresholds.

    With the true positives TP and so on at each threshold, the curves are

    * "ROC": TP / (TP + FN) over FP / (FP + TN);
    * "PR": the precision TP / (TP + FP) over the recall TP / (TP + FN);
    * "PRGAIN": 1 - o FP / TP over max(1 - o FN / TP, 0), o = (TP + FN) / (FP + TN).

    Args:
        num_thresholds: how many thresholds there are, evenly spaced over [0, 1].
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: how the area between two points is found: "interpolation" (trapezoids;
            for "PR" the interpolation of Davis and Goadrich), or "minoring" and "majoring"
            (rectangles of the lower or the higher point).
        name: in logs.
        dtype: of the variables.
        thresholds: use these, numbers in [0, 1], instead of evenly spaced ones.
        multi_label: find an area for each column of the predictions and average them; otherwise
            all elements are one set.
        num_labels: with `multi_label`: the number of columns; None: that of the first batch.
        label_weights: one weight per column: of its area with `multi_label`, otherwise of its
            elements.
        from_logits: predictions are logits x, with p = sigmoid(x).

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: counts at the
            `thresholds`, `(num_thresholds,)`, or `(num_thresholds, num_labels)` if `multi_label`.

    Raises:
        ValueError: fewer than two thresholds, an unknown curve or method, thresholds outside of
            [0, 1], or `num_labels` without `multi_label`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.AUC()([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])), 4)
    0.75

    Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006. Flach and
    Kull, "Precision-recall-gain curves", 2015.
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        if str(curve).upper() not in _CURVES:
            raise ValueError(f"`curve` must be one of {_CURVES}. Received: curve={curve!r}")
        if str(summation_method).lower() not in _METHODS:
            raise ValueError(
                f"`summation_method` must be one of {_METHODS}. "
                f"Received: summation_method={summation_method!r}"
            )
        if num_labels is not None and not multi_label:
            raise ValueError(
                f"`num_labels` needs `multi_label=True`. Received: num_labels={num_labels}"
            )
        if thresholds is None:
            if num_thresholds <= 1:
                raise ValueError(
                    "`num_thresholds` must be an integer > 1. "
                    f"Received: num_thresholds={num_thresholds}"
                )
            inner = np.linspace(0.0, 1.0, num_thresholds)[1:-1].tolist()
        else:
            inner = sorted(checked_thresholds(thresholds))
        super().__init__(dtype=dtype, name=name)
        self.init_thresholds = None if thresholds is None else inner
        self.thresholds = [-_OUTSIDE, *inner, 1.0 + _OUTSIDE]
        self.num_thresholds = len(self.thresholds)
        self._spaced = thresholds is None or is_spaced([0.0, *inner, 1.0])
        self.curve, self.summation_method = str(curve).upper(), str(summation_method).lower()
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self.from_logits = from_logits
        self._built = False
        if not multi_label:
            self._build(())
        elif num_labels is not None:
            self._build((num_labels,))

    def _build(self, labels: tuple[int, ...]) -> None:
        self._add_counts(*_COUNTS, shape=(self.num_thresholds, *labels))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, ...)`; `(n, columns)` with `multi_label`.
            y_pred: probabilities (or logits) of the same shape.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.

        Raises:
            ValueError: the shapes do not fit the labels.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        self._check_columns(tuple(y_pred.shape))
        if not self._built:
            self._build((y_pred.shape[-1],))
        self._count(
            y_true,
            ops.sigmoid(y_pred) if self.from_logits else y_pred,
            sample_weight,
            spaced=self._spaced,
            per_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )

    def result(self) -> Any:
        if not self._built:
            return ops.zeros((), self.dtype)
        areas = self._pr_area() if self._is_interpolated_pr else self._area(*self._curve())
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.mean(areas)
        weights = ops.cast(self.label_weights, self.dtype)
        return quotient(ops.sum(areas * weights), ops.sum(weights))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "thresholds": self.init_thresholds}
        if self.init_thresholds is None:
            del config["thresholds"]
        return config

    @property
    def _is_interpolated_pr(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _counts(self) -> tuple[Any, ...]:
        """TP, FP, TN, FN."""
        return tuple(getattr(self, name).value for name in _COUNTS)

    def _curve(self) -> tuple[Any, Any]:
        """x and y of the points, from the lowest threshold, and largest x, to the highest."""
        tp, fp, tn, fn = self._counts()
        if self.curve == "ROC":
            return quotient(fp, fp + tn), quotient(tp, tp + fn)
        if self.curve == "PR":
            return quotient(tp, tp + fn), quotient(tp, tp + fp)
        odds = quotient(tp + fn, fp + tn)
        recall_gain = ops.where(tp > 0.0, ops.relu(1.0 - odds * quotient(fn, tp)), 0.0)
        return recall_gain, 1.0 - odds * quotient(fp, tp)

    def _area(self, x: Any, y: Any) -> Any:
        left, right = y[1:], y[:-1]
        height = {
            "interpolation": lambda: (left + right) / 2.0,
            "minoring": lambda: ops.minimum(left, right),
            "majoring": lambda: ops.maximum(left, right),
        }[self.summation_method]()
        return ops.sum((x[:-1] - x[1:]) * height, axis=0)

    def _pr_area(self) -> Any:
        """Between two points TP is a linear function of TP + FP, and the precision their quotient.

        With TP = a + b P over P = TP + FP, the integral of TP / P dTP from P0 to P1 is
        b (TP1 - TP0 + a log(P1 / P0)).
        """
        tp, fp, _, fn = self._counts()
        predicted = tp + fp
        rise = tp[:-1] - tp[1:]
        slope = quotient(rise, ops.maximum(predicted[:-1] - predicted[1:], 0.0))
        intercept = tp[1:] - slope * predicted[1:]
        both = ops.logical_and(predicted[:-1] > 0.0, predicted[1:] > 0.0)
        ratio = ops.where(both, quotient(predicted[:-1], predicted[1:]), 1.0)
        area = slope * (rise + intercept * ops.log(ratio))
        return ops.sum(quotient(area, tp[1:] + fn[1:]), axis=0)

    def _check_columns(self, shape: tuple[int, ...]) -> None:
        if self.label_weights is not None and shape[-1:] != (len(self.label_weights),):
            raise ValueError(
                "`label_weights` must hold one weight per column of `y_pred`. Received: "
                f"label_weights={self.label_weights}, y_pred of shape {shape}"
            )
        if not self.multi_label:
            return
        wanted = self.num_labels
        if len(shape) != 2 or (wanted is not None and shape[1] != wanted):
            raise ValueError(
                f"`y_pred` must have shape (n, {wanted or 'labels'}), because `multi_label` is "
                f"True. Received: y_pred of shape {shape}"
            )
