# SPDX-License-Identifier: Apache-2.0
"""The functions that `keras.backend` had in Keras 2, for code that says `K.mean(K.square(x))`.

`keras.backend` finds them here by name. They are `keras.ops` under older names and defaults, and
reading and writing of variables.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pronghorn import ops, random
from pronghorn.backend.dtypes import epsilon, floatx
from pronghorn.backend.tensor import convert_to_numpy, convert_to_tensor
from pronghorn.backend.variable import Variable

# These mean what `keras.ops` means by them.
SAME_IN_OPS = (
    "abs", "all", "any", "arange", "binary_crossentropy", "cast", "categorical_crossentropy",
    "clip", "concatenate", "cos", "cumprod", "cumsum", "dot", "elu", "equal", "exp", "eye",
    "greater", "greater_equal", "hard_sigmoid", "less", "less_equal", "log", "max", "maximum",
    "mean", "min", "minimum", "ndim", "not_equal", "one_hot", "ones_like", "prod", "relu",
    "reshape", "round", "shape", "sigmoid", "sign", "sin", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "square", "squeeze", "stack", "std", "stop_gradient", "sum",
    "tanh", "tile", "transpose", "var", "zeros_like",
)  # fmt: skip


def get_value(x: Any) -> Any:
    """The value of a variable or tensor: a NumPy array, or a number if it has no dims.

    Deprecated: it is ``x.numpy()`` in Keras 3.
    """
    warnings.warn("K.get_value(x) is now x.numpy().", DeprecationWarning, stacklevel=2)
    return convert_to_numpy(x)[()]


def set_value(x: Variable, value: Any) -> None:
    """Assign to a variable.

    Deprecated: it is ``x.assign(value)`` in Keras 3.
    """
    warnings.warn("K.set_value(x, v) is now x.assign(v).", DeprecationWarning, stacklevel=2)
    x.assign(value)


def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    """`get_value` of each."""
    return [convert_to_numpy(tensor)[()] for tensor in tensors]


def batch_set_value(tuples: Iterable[tuple[Variable, Any]]) -> None:
    """`set_value` of pairs (variable, value)."""
    for variable_, value in tuples:
        variable_.assign(value)


def update(x: Variable, new_x: Any) -> Variable:
    """Assign to a variable, which is returned."""
    x.assign(new_x)
    return x


def update_add(x: Variable, increment: Any) -> Variable:
    """Add to a variable, which is returned."""
    x.assign_add(increment)
    return x


def update_sub(x: Variable, decrement: Any) -> Variable:
    """Subtract from a variable, which is returned."""
    x.assign_sub(decrement)
    return x


def variable(value: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """A variable with an initial value."""
    return Variable(value, dtype=dtype or floatx(), name=name)


def zeros(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Variable:
    """A variable of zeros."""
    return Variable(np.zeros(shape), dtype=dtype or floatx(), name=name)


def ones(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Variable:
    """A variable of ones."""
    return Variable(np.ones(shape), dtype=dtype or floatx(), name=name)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor; with `shape` one that has `value` everywhere."""
    if shape is not None:
        value = np.broadcast_to(value, shape)
    return convert_to_tensor(value, dtype or floatx())


def eval(x: Any) -> Any:
    """The value of a tensor."""
    return convert_to_numpy(x)[()]


def count_params(x: Any) -> int:
    """The number of elements."""
    return int(np.prod(x.shape))


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape, with None for what is not known."""
    return tuple(x.shape)


def dtype(x: Any) -> str:
    """The dtype by name."""
    return str(x.dtype)


def cast_to_floatx(x: Any) -> Any:
    """A tensor as `floatx`, or a NumPy array of anything else."""
    return ops.cast(x, floatx()) if hasattr(x, "numpy") else np.asarray(x, floatx())


def argmax(x: Any, axis: int = -1) -> Any:
    """Place of the largest element, along the last axis by default."""
    return ops.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Place of the smallest element, along the last axis by default."""
    return ops.argmin(x, axis)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """A new dim of length 1, at the end by default."""
    return ops.expand_dims(x, axis)


def sqrt(x: Any) -> Any:
    """Square root, 0 for negative numbers."""
    return ops.sqrt(ops.maximum(x, 0.0))


def pow(x: Any, a: Any) -> Any:
    """x to the power a."""
    return ops.power(x, a)


def flatten(x: Any) -> Any:
    """All elements in one dim."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """All dims but the first as one."""
    return ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """The dims in another order."""
    return ops.transpose(x, pattern)


def gather(reference: Any, indices: Any) -> Any:
    """Rows of `reference`."""
    return ops.take(reference, indices, axis=0)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One or the other, element by element; the two may be functions without arguments."""
    chosen = [e() if callable(e) else e for e in (then_expression, else_expression)]
    return ops.where(condition, *chosen)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """x / ||x||."""
    square_sum = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(square_sum, epsilon()))


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    """Normally distributed numbers."""
    return random.normal(shape, mean, stddev, dtype=dtype or floatx(), seed=seed)


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    """Uniformly distributed numbers."""
    return random.uniform(shape, minval, maxval, dtype=dtype or floatx(), seed=seed)
