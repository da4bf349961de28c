# SPDX-License-Identifier: Apache-2.0
"""Counts of true and false positives and negatives, and the quotients precision and recall."""

from __future__ import annotations

from typing import Any

from pronghorn.metrics.confusion import NEVER, _ConfusionMetric, checked_thresholds, quotient


class _ThresholdMetric(_ConfusionMetric):
    """A metric whose argument `thresholds` is a number, a list, or None for the default."""

    def __init__(self, thresholds: Any, name: str | None, dtype: Any, default: float = 0.5) -> None:
        super().__init__(dtype=dtype, name=name)
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(thresholds, default)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _Count(_ThresholdMetric):
    """The weight of all elements of one kind."""

    _kind: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(thresholds, name, dtype)
        self._add_counts(self._kind)
        self.accumulator = getattr(self, self._kind)
        self.accumulator.name = "accumulator"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, ...)`.
            y_pred: probabilities `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.
        """
        self._count(y_true, y_pred, sample_weight)

    def result(self) -> Any:
        return self._one_or_all(self.accumulator.value)


class _Quotient(_ThresholdMetric):
    """Hits as a share of hits and those of another kind."""

    _direction = "up"
    _others: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, name, dtype, default=0.5 if top_k is None else NEVER)
        self.top_k, self.class_id = top_k, class_id
        self._add_counts("true_positives", self._others)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, ...)`.
            y_pred: probabilities `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.
        """
        self._count(y_true, y_pred, sample_weight, top_k=self.top_k, class_id=self.class_id)

    def result(self) -> Any:
        hits = self.true_positives.value
        return self._one_or_all(quotient(hits, hits + getattr(self, self._others)))


class TruePositives(_Count):
    """The number of ones that are predicted as ones; with weights: the sum of their weights.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.TruePositives()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2]))
    1.0
    """

    _kind = "true_positives"


class FalsePositives(_Count):
    """The number of zeros that are predicted as ones; with weights: the sum of their weights.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.FalsePositives()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2]))
    1.0
    """

    _kind = "false_positives"


class TrueNegatives(_Count):
    """The number of zeros that are predicted as zeros; with weights: the sum of their weights.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.TrueNegatives()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2]))
    0.0
    """

    _kind = "true_negatives"


class FalseNegatives(_Count):
    """The number of ones that are predicted as zeros; with weights: the sum of their weights.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2]))
    2.0
    """

    _kind = "false_negatives"


class Precision(_Quotient):
    """TP / (TP + FP): how many of the predicted ones are ones; 0 if there are none.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None, or none at all with `top_k`.
        top_k: only the k largest probabilities of a row can mean 1.
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.Precision()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2])), 4)
    0.5
    """

    _others = "false_positives"


class Recall(_Quotient):
    """TP / (TP + FN): how many of the ones are predicted as ones; 0 if there are none.

    Args:
        thresholds: what a probability must exceed to mean 1: a number or a list of numbers in
            [0, 1], with one result for each; 0.5 if None, or none at all with `top_k`.
        top_k: only the k largest probabilities of a row can mean 1.
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: a threshold outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.Recall()([0, 1, 1, 1], [0.9, 0.6, 0.1, 0.2])), 4)
    0.3333
    """

    _others = "false_negatives"
