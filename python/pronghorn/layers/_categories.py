# SPDX-License-Identifier: Apache-2.0
"""What the preprocessing layers share: modes of output, and values that are not numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn._structure import flatten
from pronghorn.backend import Operators, Tensor, convert_to_numpy
from pronghorn.layers.layer import Layer
from pronghorn.layers.node import tensors_in

# Older names of modes.
_RENAMED = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def checked_mode(mode: str, allowed: Sequence[str], sparse: bool) -> str:
    """The mode under its present name.

    Raises:
        ValueError: it is not allowed, or `sparse` is true.
    """
    mode = _RENAMED.get(mode, mode)
    if mode not in allowed:
        raise ValueError(
            f"output_mode must be one of {', '.join(map(repr, allowed))}. "
            f"Received: output_mode={mode!r}"
        )
    if sparse:
        raise ValueError(f"all tensors are dense. Received: sparse={sparse}")
    return mode


def checked_salt(salt: Any) -> list[int] | None:
    """A key of two numbers, or None.

    Raises:
        ValueError: something else.
    """
    if salt is None:
        return None
    if isinstance(salt, int) and not isinstance(salt, bool):
        return [salt, salt]
    if isinstance(salt, list | tuple) and len(salt) == 2:
        return [int(k) for k in salt]
    raise ValueError(f"salt must be an int or a pair of ints. Received: salt={salt!r}")


def encode_categories(
    indices: Any, mode: str, depth: int, dtype: str, count_weights: Any = None
) -> Any:
    """Class numbers in one of Keras's output modes.

    Args:
        indices: ints; those outside of [0, depth) belong to no class.
        mode: "int": as they are. "one_hot": along a new axis, in whose place a last axis of size 1
            goes. "multi_hot": 1 for each class of a sample (axis 1, if there is one). "count":
            how often, or how much of the weights, it has each.
        depth: the number of classes.
        dtype: of the result.
        count_weights: of the shape of `indices`.
    """
    if mode == "int":
        return ops.cast(indices, dtype)
    (indices,) = (ops.expand_dims(indices, 0),) if not ops.ndim(indices) else (indices,)
    rank = ops.ndim(indices)
    if mode == "one_hot":
        if rank > 1 and ops.shape(indices)[-1] == 1:
            indices = ops.squeeze(indices, -1)
        return ops.one_hot(indices, depth, dtype=dtype)
    if mode == "multi_hot":
        return ops.multi_hot(indices, depth, dtype=dtype)
    hits = ops.one_hot(indices, depth, dtype=dtype)
    if count_weights is not None:
        hits = hits * ops.expand_dims(ops.cast(count_weights, dtype), -1)
    return ops.sum(hits, axis=1 if rank > 1 else 0)


def values_of(data: Any) -> np.ndarray:
    """Strings or numbers as a NumPy array; bytes become strings.

    Raises:
        ValueError: both are there, or something else, such as None.
    """
    array = np.asarray(convert_to_numpy(data) if isinstance(data, Operators) else data)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8")
    if array.dtype.kind == "O":
        texts = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
        kinds = {isinstance(v, str) for v in texts}
        array = np.array(texts, dtype=str if True in kinds else None).reshape(array.shape)
        if len(kinds) > 1 or array.dtype.kind not in "Ubiuf":
            raise ValueError(
                "expected strings or numbers, not both, and none that is missing. Received: "
                f"values of types {sorted({type(v).__name__ for v in texts})}"
            )
    return array


class _OnArrays(Layer):
    """Base of layers that read strings, which cannot enter a compiled computation."""

    on_arrays = True

    def __call__(self, inputs: Any) -> Any:
        """Apply the layer to an array of strings or ints, or extend a functional model."""
        if tensors_in([inputs]):
            return self._extend_model([inputs], {})
        tensors = [leaf for leaf in flatten(inputs) if isinstance(leaf, Tensor)]
        if any(tensor.trace is not None for tensor in tensors):
            raise TypeError(
                f"Layer {self.name!r} ({type(self).__name__}) works on strings or hashes, which "
                "cannot be part of a compiled computation. In a functional model it may stand "
                "before the layers that are trained; elsewhere apply it to the data first, "
                "`layer(data)`, and give the model what it returns."
            )
        self.built = True
        return self.call(inputs)
