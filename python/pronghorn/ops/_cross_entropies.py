# SPDX-License-Identifier: Apache-2.0
"""Cross-entropies of probabilities and of logits."""

from __future__ import annotations

from typing import Any

from pronghorn.backend.dtypes import epsilon
from pronghorn.ops import core
from pronghorn.ops.core import operands, softplus, symbolic
from pronghorn.ops.numpy import clip, log, where
from pronghorn.ops.shape import reshape, squeeze, swapaxes


@symbolic
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """-sum_c target_c log(q_c) over an axis, q = clip(p / sum p, e, 1 - e), e = 1e-7.

    Args:
        target: probabilities, of the shape of `output`, such as one-hot rows.
        output: predicted probabilities p, or logits.
        from_logits: `output` holds logits: q = softmax(output), and nothing is clipped.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Raises:
        ValueError: the shapes differ.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    target, output = operands(target, output, to_float=True)
    _same_shape("categorical_crossentropy", target, output)
    row_loss = core.softmax_cross_entropy if from_logits else core.categorical_cross_entropy_probs
    output, target = _classes_last(output, axis), _classes_last(target, axis)
    return _of_rows(row_loss, output, target, (-1, output.shape[-1]))


@symbolic
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """-log(q_label), with q as in `categorical_crossentropy`.

    Args:
        target: class numbers, of the shape of `output` without `axis`, or with a size of 1 there.
        output: predicted probabilities, or logits.
        from_logits: `output` holds logits.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Raises:
        ValueError: the shapes do not match.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    (target,), (output,) = operands(target), operands(output, to_float=True)
    output = _classes_last(output, axis)
    if target.ndim == output.ndim:
        target = _classes_last(target, axis)
        if target.shape[-1] == 1:
            target = squeeze(target, -1)
    _same_shape("sparse_categorical_crossentropy", target, output, output.shape[:-1])
    row_loss = core.sparse_softmax_cross_entropy if from_logits else core.sparse_cross_entropy_probs
    return _of_rows(row_loss, output, target, (-1,))


@symbolic
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(t log q + (1 - t) log(1 - q)) of each element, q = clip(p, e, 1 - e), e = 1e-7.

    Args:
        target: 0, 1, or probabilities between, of the shape of `output`.
        output: predicted probabilities p, or logits x.
        from_logits: `output` holds logits: max(x, 0) - x t + log(1 + exp(-|x|)), nothing clipped.

    Returns:
        A tensor of the shape of `output`.

    Raises:
        ValueError: the shapes differ.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.ops.binary_crossentropy([1.0], [0.5])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    t, x = operands(target, output, to_float=True)
    _same_shape("binary_crossentropy", t, x)
    if from_logits:
        # max and |x| are spelt out so that the gradient at 0 is sigmoid(0) - t.
        return where(x >= 0, x, 0) - x * t + softplus(where(x >= 0, -x, x))
    q = clip(x, epsilon(), 1 - epsilon())
    return -(t * log(q) + (1 - t) * log(1 - q))


def _classes_last(x: Any, axis: int) -> Any:
    return x if axis in (-1, x.ndim - 1) else swapaxes(x, axis, -1)


def _of_rows(row_loss: Any, output: Any, target: Any, target_rows: tuple[int, ...]) -> Any:
    """A loss of matrices (rows, classes), applied to tensors of any rank."""
    if output.ndim == 2:
        return row_loss(output, target)
    rows = reshape(output, (-1, output.shape[-1]))
    return reshape(row_loss(rows, reshape(target, target_rows)), output.shape[:-1])


def _same_shape(name: str, target: Any, output: Any, wanted: Any = None) -> None:
    wanted = tuple(output.shape if wanted is None else wanted)
    got = tuple(target.shape)
    known = len(got) == len(wanted) and all(
        a is None or b is None or a == b for a, b in zip(got, wanted, strict=True)
    )
    if not known:
        raise ValueError(
            f"{name}: the target must have shape {wanted}, because the output has shape "
            f"{tuple(output.shape)}. Received: target of shape {got}"
        )
