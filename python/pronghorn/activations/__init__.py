# SPDX-License-Identifier: Apache-2.0
"""Activation functions, and their lookup by name."""

from __future__ import annotations

from typing import Any

from pronghorn._configurable import Family
from pronghorn.activations.functions import exponential, gelu, linear, relu
from pronghorn.ops.core import tanh
from pronghorn.ops.nn import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)

ACTIVATIONS = Family("activation", "keras.activations")

serialize = ACTIVATIONS.serialize
deserialize = ACTIVATIONS.deserialize


def get(identifier: Any) -> Any:
    """The activation that a name, a config, a function or None (linear) stands for.

    Raises:
        ValueError: unknown name.

    Example:
    >>> import pronghorn as keras
    >>> keras.activations.get("swish") is keras.activations.silu
    True
    """
    return linear if identifier is None else ACTIVATIONS.get(identifier)


__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

for _name in __all__:  # the table of the family: every function that is exported
    if (_function := globals()[_name]) not in (get, serialize, deserialize):
        ACTIVATIONS.add(_function, aliases=[_name])
