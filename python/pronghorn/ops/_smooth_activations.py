# SPDX-License-Identifier: Apache-2.0
"""Activations made of exp, tanh, erf and their kin."""

from __future__ import annotations

import math
from typing import Any

from pronghorn.ops.core import erf, operands, sigmoid, softplus, symbolic, tanh
from pronghorn.ops.numpy import absolute, expm1, sqrt, square, where
from pronghorn.ops.shape import split

# Klambauer et al. 2017: the fixed point of mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@symbolic
def softsign(x: Any) -> Any:
    """x / (1 + |x|).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.softsign([-1.0, 0.0, 1.0]).numpy().tolist()
    [-0.5, 0.0, 0.5]
    """
    (x,) = operands(x, to_float=True)
    return x / (1 + absolute(x))


@symbolic
def silu(x: Any) -> Any:
    """x * sigmoid(x), also known as swish.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.silu([0.0]).numpy().tolist()
    [0.0]

    Ramachandran, Zoph and Le, "Searching for activation functions", 2017.
    """
    (x,) = operands(x, to_float=True)
    return x * sigmoid(x)


@symbolic
def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)) = -softplus(-x).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.log_sigmoid([-100.0]).numpy().tolist()
    [-100.0]
    """
    return -softplus(-operands(x, to_float=True)[0])


@symbolic
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha * (exp(x) - 1).

    Args:
        x: tensor of any shape.
        alpha: minus the limit for x towards minus infinity.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.elu([-100.0, 3.0]).numpy().tolist()
    [-1.0, 3.0]

    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", 2015.
    """
    (x,) = operands(x, to_float=True)
    return where(x > 0, x, alpha * expm1(_negative_part(x)))


@symbolic
def selu(x: Any) -> Any:
    """1.0507 * elu(x, 1.6733): keeps mean 0 and variance 1 through the layers of a network.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.ops.selu([1.0])[0]), 4)
    1.0507

    Klambauer et al., "Self-normalizing neural networks", 2017.
    """
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


@symbolic
def celu(x: Any, alpha: float = 1.0) -> Any:
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0).

    Args:
        x: tensor of any shape.
        alpha: minus the limit for x towards minus infinity.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.celu([-100.0, 3.0], alpha=2.0).numpy().tolist()
    [-2.0, 3.0]

    Barron, "Continuously differentiable exponential linear units", 2017.
    """
    (x,) = operands(x, to_float=True)
    return where(x > 0, x, alpha * expm1(_negative_part(x) / alpha))


@symbolic
def gelu(x: Any, approximate: bool = True) -> Any:
    """x * Phi(x), with Phi the distribution function of the standard normal distribution.

    Args:
        x: tensor of any shape.
        approximate: use 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) instead of erf.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.ops.gelu([1.0], approximate=False)[0]), 4)
    0.8413

    Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    (x,) = operands(x, to_float=True)
    if approximate:
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * square(x))))
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))


@symbolic
def mish(x: Any) -> Any:
    """x * tanh(softplus(x)).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.ops.mish([1.0])[0]), 4)
    0.8651

    Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """
    (x,) = operands(x, to_float=True)
    return x * tanh(softplus(x))


@symbolic
def tanh_shrink(x: Any) -> Any:
    """x - tanh(x).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.tanh_shrink([0.0, 20.0]).numpy().tolist()
    [0.0, 19.0]
    """
    (x,) = operands(x, to_float=True)
    return x - tanh(x)


@symbolic
def squareplus(x: Any, b: float = 4) -> Any:
    """(x + sqrt(x^2 + b)) / 2.

    Args:
        x: tensor of any shape.
        b: roundness of the bend at 0.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.squareplus([0.0]).numpy().tolist()
    [1.0]

    Barron, "Squareplus: a softplus-like algebraic rectifier", 2021.
    """
    (x,) = operands(x, to_float=True)
    return (x + sqrt(square(x) + b)) * 0.5


@symbolic
def glu(x: Any, axis: int = -1) -> Any:
    """The first half of an axis times the sigmoid of the second half.

    Args:
        x: tensor whose `axis` has an even size.
        axis: the axis that is cut in half.

    Raises:
        ValueError: for an odd size.

    Example:
    >>> import pronghorn as keras
    >>> keras.ops.glu([4.0, 6.0, 0.0, 0.0]).numpy().tolist()
    [2.0, 3.0]

    Dauphin et al., "Language modeling with gated convolutional networks", 2016.
    """
    (x,) = operands(x, to_float=True)
    values, gates = split(x, 2, axis)
    return values * sigmoid(gates)


def _negative_part(x: Any) -> Any:
    # `where` evaluates both branches, and 0 * exp(large) in the gradient would be NaN.
    return where(x > 0, 0, x)
