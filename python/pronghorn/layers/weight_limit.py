# SPDX-License-Identifier: Apache-2.0
"""How many numbers the weights of a model may have that is made from a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_left: ContextVar[list[int] | None] = ContextVar("weights left", default=None)


@contextmanager
def weights_at_most(numbers: int) -> Iterator[None]:
    """Inside, no more than so many numbers of weights can be made.

    A file tells how large a layer is in a few characters: this is checked before memory is taken.
    """
    token = _left.set([numbers])
    try:
        yield
    finally:
        _left.reset(token)


def take(layer: str, weight: str | None, shape: Sequence[int]) -> None:
    """Count a weight that is about to be made.

    Raises:
        ValueError: there would be too many.
    """
    left = _left.get()
    if left is None:
        return
    wanted = math.prod(int(dim) for dim in shape)
    if wanted > left[0]:
        raise ValueError(
            f"Layer {layer!r}: weight {weight!r} of shape {tuple(shape)} is larger than what the "
            "file holds"
        )
    left[0] -= wanted
