# SPDX-License-Identifier: Apache-2.0
"""First values of weights."""

from __future__ import annotations

from typing import Any

from pronghorn.initializers.constant_initializers import Constant, Identity, Ones, Zeros
from pronghorn.initializers.initializer import INITIALIZERS, Initializer
from pronghorn.initializers.orthogonal import Orthogonal
from pronghorn.initializers.random_initializers import RandomNormal, RandomUniform, TruncatedNormal
from pronghorn.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

serialize = INITIALIZERS.serialize
deserialize = INITIALIZERS.deserialize


def get(identifier: Any) -> Any:
    """The initializer that a name, a config, a class, an instance or a function stands for.

    Raises:
        ValueError: unknown name.

    Example:
    >>> import pronghorn as keras
    >>> keras.initializers.get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    return INITIALIZERS.get(identifier)


__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
