# SPDX-License-Identifier: Apache-2.0
"""Intersection over union: of the elements with a label, and those with that prediction."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.backend import is_float
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.reduction import broadcastable, same_rank
from pronghorn.metrics.metric import Metric


class IoU(Metric):
    """TP / (TP + FP + FN) of each class, averaged over some classes.

    Classes without labels and predictions are left out.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to average over.
        name: in logs.
        dtype: of the table of counts, "int32" if None: weights are then cut to integers.
        ignore_class: elements with this label do not count; for instance 255 or -1.
        sparse_y_true: labels are class numbers, not one-hot rows.
        sparse_y_pred: predictions are class numbers, not rows of probabilities.
        axis: the axis of the classes, where they are not class numbers.

    Attributes:
        total_confusion_matrix: weight of the elements by label (row) and prediction (column).

    Raises:
        ValueError: for `target_class_ids` outside of [0, num_classes).

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        ids = list(target_class_ids)
        if not ids or not all(0 <= i < num_classes for i in ids):
            raise ValueError(
                f"`target_class_ids` must be classes in [0, {num_classes}). "
                f"Received: target_class_ids={target_class_ids}, num_classes={num_classes}"
            )
        super().__init__(dtype=dtype or "int32", name=name)
        self.num_classes, self.target_class_ids = num_classes, ids
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_confusion_matrix = self.add_variable(
            (num_classes, num_classes), name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: class numbers of any shape, or one-hot along `axis`. Those that are no class do
                not count.
            y_pred: class numbers of the same shape, or probabilities along `axis`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the class numbers.
        """
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        y_true = y_true if self.sparse_y_true else ops.argmax(y_true, axis=self.axis)
        y_pred = y_pred if self.sparse_y_pred else ops.argmax(y_pred, axis=self.axis)
        y_true, y_pred = same_rank(ops.cast(y_true, "int32"), ops.cast(y_pred, "int32"))
        weight = self._weight(y_pred, sample_weight)
        if self.ignore_class is not None:
            weight = weight * ops.cast(ops.not_equal(y_true, self.ignore_class), weight.dtype)
        is_label, is_predicted = (
            ops.one_hot(ops.ravel(y), self.num_classes, dtype=weight.dtype)
            for y in (y_true, y_pred)
        )
        weighed = is_predicted * ops.expand_dims(ops.ravel(weight), 1)
        table = ops.matmul(ops.transpose(is_label), weighed)
        self.total_confusion_matrix.assign_add(ops.cast(table, self.dtype))

    def result(self) -> Any:
        table = ops.cast(self.total_confusion_matrix, _float_of(self.dtype))
        intersection = ops.sum(table * ops.cast(_identity(self.num_classes), table.dtype), axis=0)
        union = ops.sum(table, axis=0) + ops.sum(table, axis=1) - intersection
        intersection, union = (ops.take(x, self.target_class_ids) for x in (intersection, union))
        present = ops.sum(ops.cast(union > 0.0, table.dtype))
        return ops.sum(intersection / (union + epsilon())) / ops.maximum(present, 1.0)

    def _weight(self, y_pred: Any, sample_weight: Any) -> Any:
        """One weight per element, as floats."""
        ones = ops.ones(y_pred.shape, _float_of(self.dtype))
        if sample_weight is None:
            return ones
        weight = broadcastable(sample_weight, ones)
        if is_float(self.dtype):
            return ones * weight
        if is_float(ops.convert_to_tensor(sample_weight).dtype):
            warnings.warn(
                f"{self.name}: the weights are floats and are cut to integers, because the "
                f"metric counts in {self.dtype}. Pass dtype='float32' to the metric.",
                stacklevel=3,
            )
        return ones * ops.cast(ops.cast(weight, self.dtype), ones.dtype)


class BinaryIoU(IoU):
    """TP / (TP + FP + FN) of the classes 0 and 1, averaged.

    Args:
        target_class_ids: the classes to average over: (0,), (1,) or (0, 1).
        threshold: what a probability must reach to mean 1.
        name: in logs.
        dtype: of the table of counts, "int32" if None: weights are then cut to integers.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: labels, 0 or 1, `(n, ...)`.
            y_pred: probabilities `(n, ...)`.
            sample_weight: their weights: a number, `(n,)`, or of the shape of the predictions.
        """
        y_pred = ops.convert_to_tensor(y_pred) >= self.threshold
        super().update_state(y_true, y_pred, sample_weight)


class MeanIoU(IoU):
    """TP / (TP + FP + FN) of each class, averaged over all classes.

    Args:
        num_classes: how many classes there are.
        name: in logs.
        dtype: of the table of counts, "int32" if None: weights are then cut to integers.
        ignore_class: elements with this label do not count; for instance 255 or -1.
        sparse_y_true: labels are class numbers, not one-hot rows.
        sparse_y_pred: predictions are class numbers, not rows of probabilities.
        axis: the axis of the classes, where they are not class numbers.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )


class OneHotIoU(IoU):
    """TP / (TP + FP + FN) of each class, averaged over some classes, for one-hot labels.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to average over.
        name: in logs.
        dtype: of the table of counts, "int32" if None: weights are then cut to integers.
        ignore_class: elements with this label do not count.
        sparse_y_pred: predictions are class numbers, not rows of probabilities.
        axis: the axis of the classes.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([[1, 0], [0, 1]], [[0.8, 0.2], [0.7, 0.3]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


class OneHotMeanIoU(MeanIoU):
    """TP / (TP + FP + FN) of each class, averaged over all classes, for one-hot labels.

    Args:
        num_classes: how many classes there are.
        name: in logs.
        dtype: of the table of counts, "int32" if None: weights are then cut to integers.
        ignore_class: elements with this label do not count.
        sparse_y_pred: predictions are class numbers, not rows of probabilities.
        axis: the axis of the classes.

    Example:
    >>> import pronghorn as keras
    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[1, 0], [0, 1]], [[0.8, 0.2], [0.7, 0.3]])), 4)
    0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)


def _float_of(dtype: str) -> str:
    return dtype if is_float(dtype) else "float32"


def _identity(size: int) -> Any:
    return ops.one_hot(ops.arange(size), size)
