# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.backend.dtypes import epsilon
from pronghorn.losses.loss import LOSSES, Loss, as_pair
from pronghorn.losses.smoothing import checked_smoothing


@LOSSES.function()
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum alpha (1 - q)^gamma y log q over an axis, q = clip(p / sum p, e, 1 - e), e = 1e-7.

    Args:
        y_true: targets y: one-hot rows or probabilities, `(n, ..., classes)`.
        y_pred: predicted probabilities p, or logits, `(n, ..., classes)`.
        alpha: weight: a number, or a list with one per class.
        gamma: how much less the easy examples weigh; 0: the plain cross-entropy times alpha.
        from_logits: `y_pred` holds logits x, with p = softmax(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / classes.
        axis: the axis of the classes.

    Returns:
        Values `(n, ...)`.

    Raises:
        ValueError: for `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.0433

    Lin et al., "Focal loss for dense object detection", 2017.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    if checked_smoothing(label_smoothing):
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[axis]
    p = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    q = ops.clip(p / ops.sum(p, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    if not isinstance(alpha, (int, float)):
        alpha = ops.cast(alpha, q.dtype)
    return -ops.sum(alpha * (1.0 - q) ** gamma * y_true * ops.log(q), axis=axis)


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy in which easy examples weigh little, for one-hot targets.

    Args:
        alpha: weight: a number, or a list with one per class.
        gamma: how much less the easy examples weigh; 0: the plain cross-entropy times alpha.
        from_logits: predictions are logits x, with p = softmax(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / classes.
        axis: the axis of the classes.
        reduction, name, dtype: as for `Loss`.

    Raises:
        ValueError: for `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.CategoricalFocalCrossentropy()
    >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433

    Lin et al., "Focal loss for dense object detection", 2017.
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha, self.gamma = alpha, gamma
        self.from_logits = from_logits
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return categorical_focal_crossentropy(
            y_true,
            y_pred,
            self.alpha,
            self.gamma,
            self.from_logits,
            self.label_smoothing,
            self.axis,
        )
