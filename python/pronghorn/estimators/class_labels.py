# SPDX-License-Identifier: Apache-2.0
"""What estimators of classes share: knowing the labels, and weighing their rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import validate_data


class ClassLabels(ClassifierMixin):
    """Mixin for classes, or several labels 0 and 1; the estimator has a `class_weight`.

    Attributes:
        classes_: all classes.
    """

    class_weight: Any

    def _validate_labelled(self, X: Any, y: Any, reset: bool, **rules: Any) -> tuple[Any, Any]:
        """X and y as arrays, checked."""
        X, y = validate_data(self, X, y, multi_output=True, reset=reset, **rules)
        check_classification_targets(y)
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _learn_classes(self, y: Any) -> None:
        self._binarizer = LabelBinarizer().fit(y)
        self.classes_ = self._binarizer.classes_

    def _learn_announced_classes(self, y: Any, classes: Any) -> None:
        """What `partial_fit` says will come."""
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ValueError(
                    "The first call of `partial_fit` needs `classes`: all that there will be."
                )
            self._learn_classes(y if type_of_target(y).startswith("multilabel") else classes)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                "`classes` must be the same in every call. "
                f"Received: classes={classes!r} after {self.classes_!r}"
            )

    def _check_classes(self, y: Any) -> None:
        unknown = np.setdiff1d(unique_labels(y), self.classes_, assume_unique=True)
        if len(unknown):
            raise ValueError(
                f"`y` has classes that the fit before had not: {unknown}. Known: {self.classes_}"
            )

    def _row_weights(self, y: Any, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """The weight of each row, with that of its class."""
        if self.class_weight is None:
            return sample_weight
        of_classes = compute_sample_weight(self.class_weight, y)
        return of_classes if sample_weight is None else of_classes * sample_weight

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
