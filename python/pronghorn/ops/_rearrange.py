# SPDX-License-Identifier: Apache-2.0
"""Reshaping and permuting axes by a pattern, in the notation of einops."""

from __future__ import annotations

import math
import re
from typing import Any

from pronghorn.ops.core import operands, symbolic
from pronghorn.ops.shape import reshape, transpose


@symbolic
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Splits, permutes and joins axes.

    Args:
        tensor: tensor.
        pattern: the axes before and after, such as ``"b (h w) -> b w h"``: names between
            parentheses are joined in one axis, the first one varying slowest.
        **axes_lengths: sizes of names; of each joined axis one may be missing.

    Raises:
        ValueError: the sides do not have the same names, or sizes do not fit the tensor.

    >>> import numpy as np, pronghorn as keras
    >>> keras.ops.rearrange(np.zeros((2, 12, 3)), "b (h w) c -> b c h w", h=3).shape
    (2, 3, 3, 4)
    """
    (tensor,) = operands(tensor)
    sides = [_groups(pattern, side) for side in pattern.split("->")]
    names = [[name for group in side for name in group] for side in sides]
    if len(sides) != 2 or sorted(names[0]) != sorted(names[1]) or len({*names[0]}) != len(names[0]):
        raise ValueError(
            "rearrange: both sides of the pattern must have the same names, each once. "
            f"Received: pattern={pattern!r}"
        )
    before, after = sides
    if len(before) != tensor.ndim or not set(axes_lengths) <= set(names[0]):
        raise ValueError(
            f"rearrange: pattern {pattern!r} with lengths {axes_lengths} does not fit a tensor of "
            f"shape {tensor.shape}"
        )
    sizes: dict[str, int | None] = {}
    for group, size in zip(before, tensor.shape, strict=True):
        sizes |= _sizes(pattern, group, size, axes_lengths)
    split = reshape(tensor, [sizes[name] for name in names[0]])
    permuted = transpose(split, [names[0].index(name) for name in names[1]])
    return reshape(permuted, [_joined([sizes[name] for name in group]) for group in after])


def _groups(pattern: str, side: str) -> list[list[str]]:
    """The names that make each axis."""
    if not re.fullmatch(r"\s*((\w+|\((\s*\w+)*\s*\))\s*)*", side):
        raise ValueError(f"rearrange: cannot read the pattern. Received: pattern={pattern!r}")
    return [token.strip("()").split() for token in re.findall(r"\([^)]*\)|\w+", side)]


def _sizes(
    pattern: str, group: list[str], size: int | None, given: dict[str, int]
) -> dict[str, int | None]:
    """The size of each name of an axis; one that is missing is what the others leave."""
    found: dict[str, int | None] = {name: given.get(name) for name in group}
    missing = [name for name, length in found.items() if length is None]
    known = math.prod(length for length in found.values() if length is not None)
    fits = size is None or (size % known == 0 if missing else size == known)
    if len(missing) > 1 or not fits:
        raise ValueError(
            f"rearrange: the sizes of {group} do not follow from an axis of size {size} in "
            f"{pattern!r}. Received: {given}"
        )
    for name in missing:
        found[name] = None if size is None else size // known
    return found


def _joined(sizes: list[int | None]) -> int | None:
    return None if None in sizes else math.prod(s for s in sizes if s is not None)
