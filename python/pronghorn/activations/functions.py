# SPDX-License-Identifier: Apache-2.0
"""Activations that `ops` does not have, or has with other arguments."""

from __future__ import annotations

from typing import Any

from pronghorn import ops


def linear(x: Any) -> Any:
    """x, unchanged.

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.activations.linear(3.0)
    3.0
    """
    return x


def exponential(x: Any) -> Any:
    """exp(x).

    Args:
        x: tensor of any shape.

    Example:
    >>> import pronghorn as keras
    >>> keras.activations.exponential([0.0]).numpy().tolist()
    [1.0]
    """
    return ops.exp(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x * Phi(x), with Phi the distribution function of the standard normal distribution.

    Args:
        x: tensor of any shape.
        approximate: use 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) instead of erf.

    Example:
    >>> import pronghorn as keras
    >>> round(float(keras.activations.gelu([1.0])[0]), 4)
    0.8413

    Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    return ops.gelu(x, approximate=approximate)


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """max(x, 0); more generally min(x, max_value) where x > threshold, else a line below it.

    Args:
        x: tensor of any shape.
        negative_slope: below the threshold the result is negative_slope * (x - threshold).
        max_value: upper bound of the result; None: none.
        threshold: what x must exceed to pass.

    Example:
    >>> import pronghorn as keras
    >>> keras.activations.relu([-2.0, 0.5, 9.0]).numpy().tolist()
    [0.0, 0.5, 9.0]
    >>> keras.activations.relu([-2.0, 0.5, 9.0], negative_slope=0.5, max_value=6.0).numpy().tolist()
    [-1.0, 0.5, 6.0]

    Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", 2011.
    """
    if negative_slope == 0 and threshold == 0:
        y = ops.relu(x)
    else:
        x = ops.convert_to_tensor(x)
        y = ops.where(x > threshold, x, (x - threshold) * negative_slope)
    return y if max_value is None else ops.minimum(y, max_value)
