# SPDX-License-Identifier: Apache-2.0
"""Normalizations of activations, encodings of classes, attention: formulas of `keras.ops.nn`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn.backend.dtypes import epsilon as keras_epsilon
from pronghorn.ops._elementwise import divide, log, multiply, rsqrt, square, subtract, where
from pronghorn.ops._reductions import max, mean, var
from pronghorn.ops.core import checked_axes, operands, softmax, symbolic, tanh
from pronghorn.ops.shape import _only_dense, matmul, one_hot, reshape, swapaxes, transpose


def _along(x: Any, axis: Any, vector: Any) -> Any:
    """A tensor of the sizes of some axes, with 1 for the others."""
    axes = checked_axes(axis, x.ndim)
    (vector,) = operands(vector)
    return reshape(vector, [d if a in axes else 1 for a, d in enumerate(x.shape)])


@symbolic
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset.

    Args:
        x: tensor.
        mean, variance: vectors along `axis`.
        axis: the axis of the features.
        offset, scale: vectors likewise; 0 and 1 by default.
        epsilon: keeps the quotient finite.

    Ioffe and Szegedy, "Batch normalization", 2015.
    """
    (x,) = operands(x, to_float=True)
    factor = rsqrt(_along(x, axis, variance) + epsilon)
    if scale is not None:
        factor = multiply(factor, _along(x, axis, scale))
    y = (x - _along(x, axis, mean)) * factor
    return y if offset is None else y + _along(x, axis, offset)


@symbolic
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the statistics of each sample.

    Args:
        x: tensor.
        gamma, beta: tensors of the sizes of the axes; 1 and 0 by default.
        axis: axis or axes that are normalized.
        epsilon: keeps the quotient finite, 1e-7 by default.
        kwargs: accepted for Keras's sake.

    >>> import pronghorn as keras
    >>> keras.ops.layer_normalization([1.0, 3.0]).numpy().round(3).tolist()
    [-1.0, 1.0]

    Ba, Kiros and Hinton, "Layer normalization", 2016.
    """
    (x,) = operands(x, to_float=True)
    spread = var(x, axis, keepdims=True) + (keras_epsilon() if epsilon is None else epsilon)
    y = (x - mean(x, axis, keepdims=True)) * rsqrt(spread)
    if gamma is not None:
        y = y * _along(x, axis, gamma)
    return y if beta is None else y + _along(x, axis, beta)


@symbolic
def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """x / sqrt(mean(x^2) + epsilon) * scale.

    Args:
        x: tensor.
        scale: tensor of the sizes of the axes; 1 by default.
        axis: axis or axes that are normalized.
        epsilon: keeps the quotient finite, 1e-7 by default.

    Zhang and Sennrich, "Root mean square layer normalization", 2019.
    """
    (x,) = operands(x, to_float=True)
    power = mean(square(x), axis, keepdims=True)
    y = x * rsqrt(power + (keras_epsilon() if epsilon is None else epsilon))
    return y if scale is None else y * _along(x, axis, scale)


@symbolic
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Any:
    """1 at each class number that occurs in a sample, else 0.

    Args:
        inputs: class numbers, (n,) for one sample or (samples, n).
        num_classes: how many classes there are.
        axis: where their axis stands.
        dtype: of the result, float32 by default.
        sparse: must be False.
        kwargs: `num_tokens`, an older name of `num_classes`.

    Raises:
        ValueError: `num_classes` is missing.

    >>> import pronghorn as keras
    >>> keras.ops.multi_hot([0, 2], 4).numpy().tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    _only_dense("multi_hot", sparse)
    classes = kwargs.pop("num_tokens", num_classes)
    if classes is None or kwargs:
        raise ValueError(f"multi_hot: expected num_classes. Received: {num_classes}, {kwargs}")
    (inputs,) = operands(inputs)
    joined = 1 if inputs.ndim > 1 else 0
    return max(one_hot(inputs, classes, axis, dtype), joined)


@symbolic
def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """Peak signal-to-noise ratio in decibels: 10 log10(max_val^2 / mean((x1 - x2)^2)).

    Raises:
        ValueError: the shapes differ.
    """
    x1, x2 = operands(x1, x2, to_float=True)
    if x1.shape != x2.shape:
        raise ValueError(
            f"psnr: x1 and x2 must have one shape. Received: {x1.shape} and {x2.shape}"
        )
    noise = mean(square(subtract(x1, x2)))
    return divide(20 * log(operands(max_val, noise)[0]) - 10 * log(noise), math.log(10))


@symbolic
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """softmax(scale * query key^T + bias) value, for each head.

    Args:
        query: (batch, targets, heads, size).
        key, value: (batch, sources, heads, size).
        bias: added to the logits (batch, heads, targets, sources), or broadcasts against them.
        mask: bool, likewise; what is false gets no attention.
        scale: 1 / sqrt(size) by default.
        is_causal: no target sees a later source.
        flash_attention: must not be True.
        attn_logits_soft_cap: c for logits of c tanh(logits / c).

    Raises:
        ValueError: operands of another rank, or `flash_attention`.

    Vaswani et al., "Attention is all you need", 2017.
    """
    if flash_attention:
        raise ValueError(
            f"dot_product_attention: there is one way to compute it. Received: {flash_attention=}"
        )
    query, key, value = operands(query, key, value, to_float=True)
    if not query.ndim == key.ndim == value.ndim == 4:
        raise ValueError(
            "dot_product_attention: query, key and value must have 4 axes. "
            f"Received: shapes {query.shape}, {key.shape}, {value.shape}"
        )
    q, k, v = (swapaxes(x, 1, 2) for x in (query, key, value))
    logits = matmul(q, transpose(k, (0, 1, 3, 2)))
    logits = logits * (query.shape[-1] ** -0.5 if scale is None else scale)
    if attn_logits_soft_cap is not None:
        logits = tanh(logits / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        logits = logits + bias
    hidden = float(np.finfo(logits.dtype).min) * 0.7  # finite, so that no row is all NaN
    if mask is not None:
        logits = where(mask, logits, hidden)
    if is_causal:
        seen = np.tri(query.shape[1], key.shape[1], dtype=bool)
        logits = where(seen, logits, hidden)
    return swapaxes(matmul(softmax(logits), v), 1, 2)
