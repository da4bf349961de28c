# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_pair
from pronghorn.losses.smoothing import checked_smoothing


@LOSSES.function()
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """mean of (1 - r)^gamma times the binary cross-entropy, r = y p + (1 - y)(1 - p).

    r is the probability of the right answer, so what is easy weighs little.

    Args:
        y_true: targets y, 0 or 1, `(n, ..., k)`.
        y_pred: predicted probabilities p, or logits, `(n, ..., k)`.
        apply_class_balancing: weigh ones with `alpha` and zeros with 1 - `alpha`.
        alpha: weight of the class 1.
        gamma: how much less the easy examples weigh; 0: the plain cross-entropy.
        from_logits: `y_pred` holds logits x, with p = sigmoid(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / 2.
        axis: the axis to average over.

    Returns:
        Values `(n, ...)`.

    Raises:
        ValueError: for different shapes, or `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.1733

    Lin et al., "Focal loss for dense object detection", 2017.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    if checked_smoothing(label_smoothing):
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    wrong = 1.0 - (y_true * p + (1.0 - y_true) * (1.0 - p))
    values = wrong**gamma * ops.binary_crossentropy(y_true, y_pred, from_logits)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return ops.mean(values, axis=axis)


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy in which easy examples weigh little.

    Args:
        apply_class_balancing: weigh ones with `alpha` and zeros with 1 - `alpha`.
        alpha: weight of the class 1.
        gamma: how much less the easy examples weigh; 0: the plain cross-entropy.
        from_logits: predictions are logits x, with p = sigmoid(x).
        label_smoothing: s in [0, 1]: y becomes y (1 - s) + s / 2.
        axis: the axis to average over before the reduction.
        reduction, name, dtype: as for `Loss`.

    Raises:
        ValueError: for `label_smoothing` outside of [0, 1].

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733

    Lin et al., "Focal loss for dense object detection", 2017.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha, self.gamma = alpha, gamma
        self.from_logits = from_logits
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return binary_focal_crossentropy(
            y_true,
            y_pred,
            self.apply_class_balancing,
            self.alpha,
            self.gamma,
            self.from_logits,
            self.label_smoothing,
            self.axis,
        )
