# SPDX-License-Identifier: Apache-2.0
"""KerasTensor: a tensor of a functional model, known by shape and dtype, and by how it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pronghorn.backend.dtypes import standardize_dtype
from pronghorn.backend.tensor import Operators

if TYPE_CHECKING:
    from pronghorn.layers.node import Node


class KerasTensor(Operators):
    """What `Input` and layers called on its results return.

    Args:
        shape: dims, None where not known (the batch).
        dtype: element type; "string" for text, which only layers that work on arrays take.
        name: for people and for models that take dicts.

    Attributes:
        node: the layer call that makes it; None for a tensor made by hand.
        index: its place among the flattened outputs of that call.

    >>> import pronghorn as keras
    >>> x = keras.Input((4,))
    >>> keras.layers.Dense(3)(x).shape
    (None, 3)
    """

    def __init__(
        self, shape: Sequence[int | None], dtype: Any = None, name: str | None = None
    ) -> None:
        self.shape: tuple[int | None, ...] = tuple(shape)
        self.dtype = "string" if dtype == "string" else standardize_dtype(dtype)
        self.name = name or "keras_tensor"
        self.node: Node | None = None
        self.index = 0
        self._keras_mask: KerasTensor | None = None  # shape and dtype of the mask it will have

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __bool__(self) -> bool:
        raise TypeError(
            "a tensor of a functional model has no value, so it cannot decide an `if`: put the "
            f"condition into a layer, or use ops.where. Tensor: {self!r}"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            "a tensor of a functional model has no value, so NumPy cannot compute with it: use "
            f"pronghorn.ops. Tensor: {self!r}"
        )

    def __iter__(self) -> Any:
        raise TypeError(f"a tensor of a functional model cannot be iterated over. Tensor: {self!r}")


def record_operation(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Makes an op that was called on KerasTensors a layer of their model."""
    from pronghorn.layers.operation import Operation

    return Operation(function)(*args, **kwargs)


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a tensor of a functional model."""
    return isinstance(x, KerasTensor)
