# SPDX-License-Identifier: Apache-2.0
"""Tensor: a value that is there (eager), or one that a trace will compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from pronghorn.backend.dtypes import floatx, standardize_dtype
from pronghorn.backend.trace import NoValueError

if TYPE_CHECKING:
    from pronghorn.backend.trace import Trace


def _operator(name: str, reflected: bool = False) -> Any:
    def apply(self: Any, other: Any) -> Any:
        import pronghorn.ops as ops  # in half the time of `from`, at each call

        function = getattr(ops, name)
        return function(other, self) if reflected else function(self, other)

    return apply


def _method(name: str) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        from pronghorn import ops

        return getattr(ops, name)(self, *args, **kwargs)

    call.__name__, call.__doc__ = name, f"`pronghorn.ops.{name}` of this tensor."
    return call


class Operators:
    """Arithmetic, indexing, NumPy's functions and array methods by way of `pronghorn.ops`."""

    shape: tuple[Any, ...]
    dtype: str

    __add__, __radd__ = _operator("add"), _operator("add", True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", True)
    __pow__, __rpow__ = _operator("power"), _operator("power", True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__, __ne__ = _operator("equal"), _operator("not_equal")
    __and__, __rand__ = _operator("logical_and"), _operator("logical_and", True)
    __or__, __ror__ = _operator("logical_or"), _operator("logical_or", True)
    __xor__, __rxor__ = _operator("logical_xor"), _operator("logical_xor", True)
    __hash__ = object.__hash__

    all, any = _method("all"), _method("any")
    argmax, argmin = _method("argmax"), _method("argmin")
    astype = _method("cast")
    clip, round = _method("clip"), _method("round")
    dot = _method("dot")
    flatten = ravel = _method("ravel")
    max, mean, min = _method("max"), _method("mean"), _method("min")
    prod, sum = _method("prod"), _method("sum")
    repeat, take = _method("repeat"), _method("take")
    squeeze, swapaxes = _method("squeeze"), _method("swapaxes")
    std, var = _method("std"), _method("var")

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, given as one tuple or as several numbers."""
        from pronghorn import ops

        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, in reverse by default."""
        from pronghorn import ops

        return ops.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return self.transpose()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from pronghorn.backend.numpy_dispatch import call_ufunc

        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from pronghorn.backend.numpy_dispatch import call_function

        return call_function(function, args, kwargs)

    def __pos__(self) -> Any:
        return self

    def __neg__(self) -> Any:
        from pronghorn import ops

        return ops.negative(self)

    def __abs__(self) -> Any:
        from pronghorn import ops

        return ops.absolute(self)

    def __invert__(self) -> Any:
        from pronghorn import ops

        return ops.logical_not(self)

    def __getitem__(self, key: Any) -> Any:
        from pronghorn import ops

        return ops.get_item(self, key)


class Tensor(Operators):
    """An array of one dtype, made by ops.

    Attributes:
        shape: tuple of ints.
        dtype: name of the element type, such as ``"float32"``.

    Example:

    >>> import pronghorn as keras
    >>> t = keras.ops.convert_to_tensor([[1.0, 2.0]])
    >>> (t * 2).numpy().tolist()
    [[2.0, 4.0]]
    """

    __slots__ = ("dtype", "node", "shape", "trace", "value")

    trace: Trace | None
    node: int
    value: np.ndarray | None

    def __init__(self, value: np.ndarray, dtype: str) -> None:
        self.value, self.shape, self.dtype = value, value.shape, dtype
        self.trace, self.node = None, -1

    @classmethod
    def traced(cls, trace: Trace, node: int) -> Tensor:
        self = cls.__new__(cls)
        self.trace, self.node, self.value = trace, node, None
        shape = trace.graph.shape(node)
        self.shape = tuple(None if d < 0 else d for d in shape) if trace.abstract else shape
        self.dtype = trace.graph.dtype(node)
        return self

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array; an error while tracing, when there is none yet."""
        if self.value is None:
            raise NoValueError(
                "this tensor is part of a traced computation and has no value yet: `call`, losses "
                "and metrics are traced once and then run natively, so they cannot look at values "
                "(with float(), bool(), numpy()); a model can with `compile(run_eagerly=True)`. "
                f"Tensor: {self!r}"
            )
        return self.value

    def item(self) -> bool | int | float:
        """The only element, as a Python number."""
        return self.numpy().item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.numpy().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        value = self.numpy()
        if dtype is not None and value.dtype != dtype:
            return value.astype(dtype)
        return value.copy() if copy else value

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __index__(self) -> int:
        return self.numpy().__index__()

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar tensor has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        return format(self.numpy() if self.shape else self.item(), spec)

    def __repr__(self) -> str:
        if self.value is None:
            return f"<traced tensor shape={self.shape} dtype={self.dtype}>"
        return f"Tensor({np.array2string(self.value, separator=', ')}, dtype={self.dtype})"


def is_tensor(x: Any) -> bool:
    """Is x a tensor of this library (traced, eager or declared)?"""
    return isinstance(x, Operators)


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """A tensor with the values of x, cast to `dtype` if that is given.

    Python floats become the default float type, Python ints int32; NumPy arrays keep their dtype
    where the engine has it.

    Raises:
        ValueError: x is not made of numbers, or `sparse` or `ragged` is true: all tensors are
            dense.
    """
    if dtype is None and type(x) is Tensor:  # most calls
        return x
    if sparse or ragged:
        raise ValueError(f"all tensors are dense. Received: sparse={sparse}, ragged={ragged}")
    if isinstance(x, Operators):
        if not isinstance(x, Tensor):
            from pronghorn.backend.variable import Variable

            x = x.value if isinstance(x, Variable) else x
        if dtype is None or x.dtype == standardize_dtype(dtype):
            return x
        from pronghorn import ops

        return ops.cast(x, dtype)
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"expected numbers that can become a tensor. Received: {type(x).__name__} of dtype "
            f"{array.dtype}"
        )
    if dtype is None:
        is_array = isinstance(x, np.ndarray | np.generic)
        python_default = {"f": floatx(), "i": "int32"}.get(array.dtype.kind)
        if is_array or python_default is None or hasattr(x, "__array__"):
            dtype = standardize_dtype(array.dtype)
        elif array.dtype.kind == "i" and array.size and np.abs(array).max() >= 2**31:
            dtype = "int64"
        else:
            dtype = python_default
    name = standardize_dtype(dtype)
    return Tensor(np.ascontiguousarray(array, name).reshape(array.shape), name)


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values of a tensor, variable or array-like as a NumPy array."""
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)
