# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import Loss, as_floats, as_labels, takes


# Not registered: as a name it stands for the class, whose `q` has a default.
@takes("classes")
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """(1 - p_y^q) / q: between the cross-entropy (q towards 0) and the absolute error (q = 1).

    Args:
        y_true: class numbers y, `(n, ...)` or `(n, ..., 1)`.
        y_pred: predicted probabilities p `(n, ..., classes)`.
        q: in (0, 1): how much labels that look wrong are disregarded.

    Returns:
        Values `(n, ...)`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    >>> loss.numpy().tolist()
    [1.0]

    Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy
    labels", 2018.
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    is_label = ops.one_hot(as_labels(y_true, y_pred.ndim - 1), y_pred.shape[-1], dtype=y_pred.dtype)
    return (1.0 - ops.sum(is_label * y_pred, axis=-1) ** q) / q


class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p_y^q) / q, for targets y that are class numbers, some of them wrong.

    Args:
        q: in (0, 1): near 0 the loss is the cross-entropy, near 1 the mean absolute error, which
            wrong labels disturb less.
        reduction, name, dtype: as for `Loss`.

    Raises:
        ValueError: for `q` outside of (0, 1).

    Example:
    >>> import pronghorn as keras
    >>> float(keras.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
    1.0

    Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy
    labels", 2018.
    """

    targets = "classes"

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"`q` must be in (0, 1). Received: q={q}")
        super().__init__(name, reduction, dtype)
        self.q = q

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)
