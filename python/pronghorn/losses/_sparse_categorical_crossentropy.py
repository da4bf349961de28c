# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_floats, takes


@LOSSES.function()
@takes("classes")
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """-log q_y, with q = clip(p / sum p, e, 1 - e), e = 1e-7.

    Args:
        y_true: class numbers y, `(n, ...)` or `(n, ..., 1)`.
        y_pred: predicted probabilities p, or logits, `(n, ..., classes)`.
        from_logits: `y_pred` holds logits: q = softmax(y_pred), and nothing is clipped.
        ignore_class: samples of this class get the value 0; for instance -1.
        axis: the axis of the classes.

    Returns:
        Values `(n, ...)`.

    Raises:
        ValueError: for shapes that do not match.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    counted = ops.not_equal(y_true, float(ignore_class))
    labels = ops.where(counted, y_true, 0.0)  # a class that exists
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    return ops.where(ops.reshape(counted, values.shape), values, 0.0)


class SparseCategoricalCrossentropy(Loss):
    """-log p_y, for targets y that are class numbers.

    Args:
        from_logits: predictions are logits x, with p = softmax(x).
        ignore_class: samples of this class do not count: they are left out of means, too.
        reduction: as for `Loss`.
        axis: the axis of the classes.
        name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    targets = "classes"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.ignore_class, self.axis
        )

    def valid(self, y_true: Any) -> Any:
        """Where the class is not the ignored one."""
        return None if self.ignore_class is None else valid_labels(y_true, self.ignore_class)


def valid_labels(y_true: Any, ignore_class: int) -> Any:
    """False where a label is the ignored class. A last axis of size 1 goes."""
    y_true = ops.convert_to_tensor(y_true)
    if y_true.ndim > 1 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    return ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
