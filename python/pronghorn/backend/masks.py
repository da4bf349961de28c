# SPDX-License-Identifier: Apache-2.0
"""Masks: which positions of a tensor mean something. They travel with the tensor.

`Embedding(mask_zero=True)` and `Masking` attach one; a layer whose `call` has an argument `mask`
gets that of its input; a layer with `supports_masking` hands on what `compute_mask` returns. Losses
and metrics leave out the masked positions of the predictions.
"""

from __future__ import annotations

import copy
from typing import Any

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.backend.tensor import Tensor


def mask_of(tensor: Any) -> Any:
    """The mask that a tensor carries, or None."""
    return getattr(tensor, "_keras_mask", None)


def masks_of(structure: Any) -> Any:
    """The masks of the tensors in a structure, in that structure; None if there are none."""
    masks = map_leaves(mask_of, structure)
    return masks if flatten(masks) else None


def with_mask(tensor: Any, mask: Any) -> Any:
    """The tensor with a mask. The given one is left alone: others may hold it."""
    if mask is None or not isinstance(tensor, Tensor):
        return tensor
    masked = copy.copy(tensor)
    masked._keras_mask = mask  # type: ignore[attr-defined]
    return masked


def with_masks(structure: Any, masks: Any) -> Any:
    """Each tensor that has no mask with the one at its place in `masks`."""
    if masks is None:
        return structure
    leaves, given = flatten(structure), _in_a_row(masks)
    given += [None] * (len(leaves) - len(given))
    pairs = zip(leaves, given, strict=False)
    return pack(structure, [x if mask_of(x) is not None else with_mask(x, m) for x, m in pairs])


def _in_a_row(masks: Any) -> list[Any]:
    """The masks as `flatten` orders them, with None for the places without one."""
    if isinstance(masks, dict):
        return [mask for key in sorted(masks) for mask in _in_a_row(masks[key])]
    if isinstance(masks, list | tuple):
        return [mask for part in masks for mask in _in_a_row(part)]
    return [masks]
