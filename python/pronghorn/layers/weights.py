# SPDX-License-Identifier: Apache-2.0
"""Checks that arrays fit weights, before any weight is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.backend import Variable, convert_to_numpy


def check_weights(
    layer_name: str, variables: Sequence[Variable], values: Sequence[Any]
) -> list[np.ndarray]:
    """The values as arrays.

    Raises:
        ValueError: their number or a shape is wrong; names the layer, the weight and both shapes.
    """
    arrays = [np.asarray(convert_to_numpy(v)) for v in values]
    if len(arrays) != len(variables):
        raise ValueError(
            f"Layer {layer_name!r} has {len(variables)} weights: "
            f"{[v.path for v in variables]}. Received: {len(arrays)} arrays"
        )
    for variable, array in zip(variables, arrays, strict=True):
        if array.shape != variable.shape:
            raise ValueError(
                f"Layer {layer_name!r}: weight {variable.path!r} has shape {variable.shape}. "
                f"Received: an array of shape {array.shape}"
            )
    return arrays
