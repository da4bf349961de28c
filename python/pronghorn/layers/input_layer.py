# SPDX-License-Identifier: Apache-2.0
"""Input: where data enters a functional model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn.backend import KerasTensor
from pronghorn.layers.layer import Layer
from pronghorn.layers.node import Node


class InputLayer(Layer):
    """The layer behind `Input`; also the first entry of a `Sequential` that knows its input.

    Args:
        shape: dims of one sample, None where they vary.
        batch_size: rows of a batch, None for any.
        dtype: element type.
        batch_shape: dims with the batch, instead of `shape` and `batch_size`.
        name: of the input, for models fed with dicts.

    Raises:
        ValueError: neither or both of `shape` and `batch_shape`.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool = False,
        batch_shape: Sequence[int | None] | None = None,
        input_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        shape = input_shape if shape is None else shape
        if (shape is None) == (batch_shape is None):
            raise ValueError("Give either `shape` or `batch_shape`.")
        if isinstance(shape, int):
            raise ValueError(
                f"shape must be a tuple or list of dims, such as (8,). Received: {shape}"
            )
        dims = batch_shape if shape is None else (batch_size, *shape)
        for dim in dims or ():
            if dim is not None and (not isinstance(dim, int) or dim < 0):
                raise ValueError(f"dims must be non-negative ints or None. Received: shape={shape}")
        self.batch_shape = tuple(dims or ())
        self.built = True
        tensor = KerasTensor(self.batch_shape, self.dtype, self.name)
        self._nodes.append(Node(self, (), {}, tensor))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("an InputLayer is not called: it is where data enters the model")

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "batch_shape": list(self.batch_shape), "dtype": self.dtype}


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> KerasTensor:
    """A tensor that stands for the data a functional model is given.

    Args:
        shape: dims of one sample, None where they vary.
        batch_size: rows of a batch, None for any.
        dtype: element type, float32 by default.
        batch_shape: dims with the batch, instead of `shape` and `batch_size`.
        name: for models fed with dicts.

    Example:

    >>> import pronghorn as keras
    >>> x = keras.Input((8,))
    >>> model = keras.Model(x, keras.layers.Dense(1)(x))
    >>> model.output_shape
    (None, 1)
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, batch_shape, name=name)
    return layer.output
