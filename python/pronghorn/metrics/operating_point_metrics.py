# SPDX-License-Identifier: Apache-2.0
"""The best of one quotient among the thresholds where another one is good enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.metrics.confusion import _ConfusionMetric, quotient


class _AtConstraint(_ConfusionMetric):
    """max of `_best` over the thresholds where `_constraint` reaches a value; 0 if none does.

    The argument that holds that value has the name `_argument`.
    """

    _direction = "up"
    _argument: str

    def __init__(
        self,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: Any,
    ) -> None:
        if not 0 <= value <= 1:
            raise ValueError(
                f"`{self._argument}` must be in [0, 1]. Received: {self._argument}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                "`num_thresholds` must be an integer > 0. "
                f"Received: num_thresholds={num_thresholds}"
            )
        super().__init__(dtype=dtype, name=name)
        setattr(self, self._argument, value)
        self.num_thresholds, self.class_id = num_thresholds, class_id
        one = num_thresholds == 1
        self.thresholds = [0.5] if one else np.linspace(0.0, 1.0, num_thresholds).tolist()
        self._add_counts("true_positives", "false_positives", "true_negatives", "false_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, ...)`.
            y_pred: probabilities `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.
        """
        spaced = self.num_thresholds > 1
        self._count(y_true, y_pred, sample_weight, spaced=spaced, class_id=self.class_id)

    def result(self) -> Any:
        enough = self._constraint() >= getattr(self, self._argument)
        return ops.max(ops.where(enough, self._best(), 0.0))

    def _constraint(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define `_constraint`")

    def _best(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define `_best`")

    def _precision(self) -> Any:
        return quotient(self.true_positives.value, self.true_positives + self.false_positives)

    def _sensitivity(self) -> Any:  # is the recall
        return quotient(self.true_positives.value, self.true_positives + self.false_negatives)

    def _specificity(self) -> Any:
        return quotient(self.true_negatives.value, self.true_negatives + self.false_positives)


class SensitivityAtSpecificity(_AtConstraint):
    """The best sensitivity TP / (TP + FN) at a specificity TN / (TN + FP) of at least a value.

    Args:
        specificity: the least specificity that is good enough, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly spaced over [0, 1].
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: for `specificity` outside of [0, 1], or no thresholds.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.SensitivityAtSpecificity(0.9)
    >>> round(float(metric([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.7, 0.3, 0.8, 0.9])), 4)
    0.6667
    """

    _argument = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    _constraint, _best = _AtConstraint._specificity, _AtConstraint._sensitivity


class SpecificityAtSensitivity(_AtConstraint):
    """The best specificity TN / (TN + FP) at a sensitivity TP / (TP + FN) of at least a value.

    Args:
        sensitivity: the least sensitivity that is good enough, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly spaced over [0, 1].
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: for `sensitivity` outside of [0, 1], or no thresholds.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.SpecificityAtSensitivity(0.9)
    >>> round(float(metric([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.7, 0.3, 0.8, 0.9])), 4)
    0.6667
    """

    _argument = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    _constraint, _best = _AtConstraint._sensitivity, _AtConstraint._specificity


class PrecisionAtRecall(_AtConstraint):
    """The best precision TP / (TP + FP) at a recall TP / (TP + FN) of at least a value.

    Args:
        recall: the least recall that is good enough, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly spaced over [0, 1].
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: for `recall` outside of [0, 1], or no thresholds.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.PrecisionAtRecall(0.9)
    >>> round(float(metric([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.7, 0.3, 0.8, 0.9])), 4)
    0.75
    """

    _argument = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    _constraint, _best = _AtConstraint._sensitivity, _AtConstraint._precision


class RecallAtPrecision(_AtConstraint):
    """The best recall TP / (TP + FN) at a precision TP / (TP + FP) of at least a value.

    Args:
        precision: the least precision that is good enough, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly spaced over [0, 1].
        class_id: look at this column alone.
        name: in logs.
        dtype: of the variables.

    Raises:
        ValueError: for `precision` outside of [0, 1], or no thresholds.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.RecallAtPrecision(0.9)
    >>> round(float(metric([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.7, 0.3, 0.8, 0.9])), 4)
    0.6667
    """

    _argument = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    _constraint, _best = _AtConstraint._precision, _AtConstraint._sensitivity
