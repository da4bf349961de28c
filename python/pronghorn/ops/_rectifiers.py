# SPDX-License-Identifier: Apache-2.0
"""Activations made of straight (or once bent) pieces.

At a corner the gradient is that of one of the two pieces, the one that Keras chooses. The
comparisons are written so that NaN, for which all are false, stays NaN.
"""

from __future__ import annotations

from typing import Any

from pronghorn.ops.core import operands, relu, symbolic
from pronghorn.ops.numpy import absolute, square, where


@symbolic
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.relu6([-1.0, 3.0, 9.0]).numpy().tolist()
    [0.0, 3.0, 6.0]
    """
    (x,) = operands(x, to_float=True)
    return where(x >= 6, 6, relu(x))


@symbolic
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where x >= 0, else negative_slope * x.

    Args:
        x: tensor of any shape.
        negative_slope: slope of the negative half.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.leaky_relu([-1.0, 3.0], negative_slope=0.5).numpy().tolist()
    [-0.5, 3.0]

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """
    (x,) = operands(x, to_float=True)
    return where(x >= 0, x, x * negative_slope)


@symbolic
def hard_sigmoid(x: Any) -> Any:
    """clip(x / 6 + 1/2, 0, 1).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.hard_sigmoid([-4.0, 0.0, 4.0]).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    (x,) = operands(x, to_float=True)
    return relu6(x + 3) / 6


@symbolic
def hard_silu(x: Any) -> Any:
    """x * hard_sigmoid(x), also known as hard swish.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.hard_silu([0.0, 4.0]).numpy().tolist()
    [0.0, 4.0]

    Howard et al., "Searching for MobileNetV3", 2019.
    """
    (x,) = operands(x, to_float=True)
    return x * hard_sigmoid(x)


@symbolic
def hard_tanh(x: Any) -> Any:
    """clip(x, -1, 1).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.hard_tanh([-4.0, 0.5, 4.0]).numpy().tolist()
    [-1.0, 0.5, 1.0]
    """
    (x,) = operands(x, to_float=True)
    return where(x > 1, 1, where(x < -1, -1, x))


@symbolic
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where |x| > threshold, else 0.

    Args:
        x: tensor of any shape.
        threshold: half the width of the zero band.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.hard_shrink([-1.0, 0.25, 1.0]).numpy().tolist()
    [-1.0, 0.0, 1.0]
    """
    (x,) = operands(x, to_float=True)
    return where(absolute(x) <= threshold, 0, x)


@symbolic
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x - threshold where x > threshold, x + threshold where x < -threshold, else 0.

    Args:
        x: tensor of any shape.
        threshold: half the width of the zero band.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.soft_shrink([-1.0, 0.25, 1.0]).numpy().tolist()
    [-0.5, 0.0, 0.5]
    """
    (x,) = operands(x, to_float=True)
    return where(absolute(x) <= threshold, 0, where(x > 0, x - threshold, x + threshold))


@symbolic
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x where x > threshold, else default_value.

    Args:
        x: tensor of any shape.
        threshold: what x must exceed to pass.
        default_value: what stands for the other elements.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.threshold([-1.0, 2.0], 0.0, 7.0).numpy().tolist()
    [7.0, 2.0]
    """
    (x,) = operands(x, to_float=True)
    return where(x <= threshold, default_value, x)


@symbolic
def sparse_plus(x: Any) -> Any:
    """0 where x <= -1, x where x >= 1, else (x + 1)^2 / 4.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.sparse_plus([-2.0, 0.0, 2.0]).numpy().tolist()
    [0.0, 0.25, 2.0]
    """
    (x,) = operands(x, to_float=True)
    return where(x <= -1, 0, where(x >= 1, x, square(x + 1) * 0.25))


@symbolic
def sparse_sigmoid(x: Any) -> Any:
    """clip((x + 1) / 2, 0, 1), the derivative of `sparse_plus`.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.sparse_sigmoid([-2.0, 0.0, 2.0]).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    (x,) = operands(x, to_float=True)
    return where(x <= -1, 0, where(x >= 1, 1, (x + 1) * 0.5))
