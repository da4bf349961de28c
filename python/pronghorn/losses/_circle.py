# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.losses.loss import LOSSES, Loss, as_floats, as_labels, takes

# Stands for "not in the sum" in a logarithm of a sum of exponentials: exp of it is 0.
_NOTHING = -1e9


@LOSSES.function()
@takes("labels")
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """log(1 + sum_n exp(gamma a_n (s_n - m)) sum_p exp(-gamma a_p (s_p - 1 + m))).

    For each sample, p are the references with its label and n the others; s is the scalar product
    of the two embeddings, at most 1; a_n = max(s_n + m, 0) and a_p = max(1 + m - s_p, 0) weigh the
    pairs. Without a reference of the same label the value is 0.

    Args:
        y_true: class numbers, `(n,)` or `(n, 1)`.
        y_pred: embeddings of length 1, `(n, d)`.
        ref_labels: class numbers of the references, `(r,)`; None: `y_true`.
        ref_embeddings: embeddings of the references, `(r, d)`; None: `y_pred`.
        remove_diagonal: do not compare the i-th sample with the i-th reference.
        gamma: scale.
        margin: m, how much closer those of one class should be.

    Returns:
        Values `(n,)`.

    Example:
    >>> import pronghorn as keras
    >>> e = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> [round(float(value), 3) for value in keras.losses.circle([0, 0, 1], e, gamma=1.0)]
    [0.616, 0.962, 0.0]

    Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020.
    """
    y_true, y_pred = as_floats(y_true, y_pred)
    labels = as_labels(y_true, 1)
    others = labels if ref_labels is None else as_labels(ops.cast(ref_labels, y_pred.dtype), 1)
    references = y_pred if ref_embeddings is None else ops.cast(ref_embeddings, y_pred.dtype)
    same = _same_label(labels, others, remove_diagonal)
    similarity = ops.minimum(ops.matmul(y_pred, ops.transpose(references)), 1.0)
    near = ops.relu(similarity + margin)
    far = ops.relu(1.0 + margin - similarity)
    wrong = gamma * near * (similarity - margin)
    right = -gamma * far * (similarity - 1.0 + margin)
    different = ops.not_equal(ops.expand_dims(labels, 1), ops.expand_dims(others, 0))
    exponent = ops.logsumexp(ops.where(same, right, _NOTHING), axis=1) + ops.logsumexp(
        ops.where(different, wrong, _NOTHING), axis=1
    )
    return ops.where(ops.any(same, axis=1), ops.softplus(exponent), 0.0)


class Circle(Loss):
    """Brings embeddings of one class together and those of different classes apart.

    Args:
        gamma: scale.
        margin: how much closer those of one class should be.
        remove_diagonal: do not compare a sample with itself.
        reduction: as for `Loss`. Samples without another one of their class do not count in means.
        name, dtype: as for `Loss`.

    Example:
    >>> import pronghorn as keras
    >>> e = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> round(float(keras.losses.Circle(gamma=1.0)([0, 0, 1], e)), 3)
    0.789

    Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020.
    """

    targets = "labels"

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma, self.margin = gamma, margin
        self.remove_diagonal = remove_diagonal

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return circle(
            y_true,
            y_pred,
            remove_diagonal=self.remove_diagonal,
            gamma=self.gamma,
            margin=self.margin,
        )

    def valid(self, y_true: Any) -> Any:
        """Where there is another sample of the same class."""
        labels = as_labels(y_true, 1)
        return ops.any(_same_label(labels, labels, self.remove_diagonal), axis=1)


def _same_label(labels: Any, others: Any, remove_diagonal: bool) -> Any:
    """(n, r): does the reference have the label of the sample?"""
    same = ops.equal(ops.expand_dims(labels, 1), ops.expand_dims(others, 0))
    if not remove_diagonal:
        return same
    rows, columns = ops.arange(labels.shape[0]), ops.arange(others.shape[0])
    return ops.logical_and(
        same, ops.not_equal(ops.expand_dims(rows, 1), ops.expand_dims(columns, 0))
    )
