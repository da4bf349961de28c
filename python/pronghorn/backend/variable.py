# SPDX-License-Identifier: Apache-2.0
"""Variable: state that outlives a computation."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn.backend.dtypes import standardize_dtype
from pronghorn.backend.tensor import Operators, Tensor, convert_to_tensor
from pronghorn.backend.trace import current_trace, init_scope, recorders


class Variable(Operators):
    """A tensor that can be assigned to: a weight, a slot, a total, a seed.

    Inside a trace, reading gives the value of the moment in the traced computation, and `assign`
    records a change that happens each time the program runs.

    Args:
        initializer: an array-like, or a callable ``f(shape, dtype=...)``.
        shape: needed with a callable.
        dtype: defaults to that of the array, or float32.
        trainable: whether optimizers change it.
        name: for people.

    Raises:
        ValueError: a callable without a shape, or a value whose shape is not `shape`.

    Example:

    >>> import pronghorn as keras
    >>> v = keras.Variable([1.0, 2.0])
    >>> v.assign_add([1.0, 1.0])
    >>> v.numpy().tolist()
    [2.0, 3.0]
    """

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **unused: Any,
    ) -> None:
        with init_scope():
            if callable(initializer):
                if shape is None:
                    raise ValueError("shape must be given when the initializer is callable")
                initializer = initializer(tuple(shape), dtype=standardize_dtype(dtype))
            value = convert_to_tensor(initializer, dtype)
        if shape is not None and tuple(value.shape) != tuple(shape):
            raise ValueError(
                f"expected an initial value of shape {tuple(shape)}. Received: {value.shape}"
            )
        self.storage = _core.Variable(value.numpy(), value.dtype)
        self.shape: tuple[int, ...] = tuple(value.shape)
        self.dtype: str = value.dtype
        self.trainable = trainable
        self.name = name or "variable"
        self.path = self.name
        self.regularizer: Any = None
        self.constraint: Any = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def value(self) -> Tensor:
        """The current value as a tensor."""
        trace = current_trace()
        if trace is None:
            tensor = Tensor(self.numpy(), self.dtype)
        else:
            tensor = Tensor.traced(trace, trace.graph.read(self.storage))
        for tape in recorders():
            tape._read(self, tensor)
        return tensor

    def numpy(self) -> np.ndarray:
        """A copy of the stored value."""
        value = self.storage.numpy()
        return value if value.dtype == self.dtype else value.astype(self.dtype)

    def assign(self, value: Any) -> None:
        """Set the value, which must have this shape; it is cast to this dtype.

        Raises:
            ValueError: the shape differs; the variable is unchanged.
        """
        tensor = convert_to_tensor(value, self.dtype)
        if tuple(tensor.shape) != self.shape:
            raise ValueError(
                f"variable {self.path!r}: expected a value of shape {self.shape}. "
                f"Received: {tuple(tensor.shape)}"
            )
        trace = current_trace()
        if trace is None:
            self.storage.assign(tensor.numpy())
        else:
            trace.graph.assign(self.storage, trace.node(tensor))

    def assign_add(self, value: Any) -> None:
        """Add to the value."""
        self.assign(self.value + value)

    def assign_sub(self, value: Any) -> None:
        """Subtract from the value."""
        self.assign(self.value - value)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "storage": self.storage.numpy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.storage = _core.Variable(state["storage"], self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, "
            f"value={self.numpy()}>"
        )
