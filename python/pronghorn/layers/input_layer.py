# SPDX-License-Identifier: Apache-2.0
"""Input: where data enters a functional model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.backend import KerasTensor, floatx
from pronghorn.layers.layer import Layer
from pronghorn.layers.node import Node


class InputLayer(Layer):
    """The layer behind `Input`; also the first entry of a `Sequential` that knows its input.

    Args:
        shape: dims of one sample, None where they vary.
        batch_size: rows of a batch, None for any.
        dtype: element type; "string" for text.
        sparse, ragged, optional: accepted for Keras's sake, where they are False.
        batch_shape: dims with the batch, instead of `shape` and `batch_size`.
        input_shape: Keras 2's name of `shape`.
        name: of the input, for models fed with dicts.

    Raises:
        ValueError: neither or both of `shape` and `batch_shape`, or bad dims.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Sequence[int | None] | None = None,
        optional: bool = False,
        input_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        is_text = dtype == "string"
        super().__init__(name=name, dtype=None if is_text else dtype or floatx(), **kwargs)
        if sparse or ragged or optional:
            raise ValueError("inputs cannot be sparse, ragged or optional here")
        shape = input_shape if shape is None else shape
        if (shape is None) == (batch_shape is None):
            raise ValueError("Give either `shape` or `batch_shape`.")
        given = batch_shape if shape is None else shape
        if not isinstance(given, list | tuple):
            raise ValueError(
                f"shape must be a tuple or list of dims, such as (8,). Received: {given!r}"
            )
        dims = given if shape is None else (batch_size, *given)
        for dim in dims:
            if dim is not None and (
                isinstance(dim, bool) or not isinstance(dim, int | np.integer) or dim < 0
            ):
                raise ValueError(f"dims must be non-negative ints or None. Received: {given!r}")
        self.batch_shape = tuple(None if dim is None else int(dim) for dim in dims)
        self.built = True
        tensor = KerasTensor(self.batch_shape, dtype if is_text else self.dtype, self.name)
        self._nodes.append(Node(self, (), {}, tensor))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("an InputLayer is not called: it is where data enters the model")

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "batch_shape": list(self.batch_shape),
            "dtype": self.output.dtype,
        }


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """A tensor that stands for the data a functional model is given.

    Args:
        shape: dims of one sample, None where they vary.
        batch_size: rows of a batch, None for any.
        dtype: element type, float32 by default; "string" for text.
        sparse, ragged, tensor, optional: accepted for Keras's sake, where they mean nothing.
        batch_shape: dims with the batch, instead of `shape` and `batch_size`.
        name: for models fed with dicts.

    Raises:
        ValueError: bad dims, or a kind of input that is not supported.

    Example:

    >>> import pronghorn as keras
    >>> x = keras.Input((8,))
    >>> model = keras.Model(x, keras.layers.Dense(1)(x))
    >>> model.output_shape
    (None, 1)
    """
    if tensor is not None:
        raise ValueError("`tensor` is not supported: feed the values to the model instead")
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, optional, name=name)
    return layer.output
