# SPDX-License-Identifier: Apache-2.0
"""Ways to bound gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops


def clip_by_norm(gradient: Any, max_norm: float) -> Any:
    """g c / max(|g|, c), |g| the Euclidean length of the whole tensor."""
    return gradient * (max_norm / ops.maximum(norm([gradient]), max_norm))


def clip_by_global_norm(gradients: Sequence[Any], max_norm: float) -> list[Any]:
    """g c / max(|G|, c) for each g, |G| the length of all of them taken as one vector.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.
    """
    factor = max_norm / ops.maximum(norm(gradients), max_norm)
    return [g * factor for g in gradients]


def norm(tensors: Sequence[Any]) -> Any:
    """sqrt of the sum of the squares of all elements."""
    squares = [ops.sum(ops.square(t)) for t in tensors]
    return ops.sqrt(sum(squares[1:], start=squares[0]))
