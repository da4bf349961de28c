# SPDX-License-Identifier: Apache-2.0
"""Element types: what the engine knows, and how operands of different types meet."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")
_FLOATX = "float32"
_EPSILON = 1e-7
_IMAGE_DATA_FORMAT = "channels_last"
# The engine's type for those that it does not store.
STORED_AS = {
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "float16": "float32",
    "bfloat16": "float32",
}


def floatx() -> str:
    """The default floating-point dtype, ``"float32"`` unless changed by `set_floatx`."""
    return _FLOATX


def set_floatx(value: str) -> None:
    """Set the default floating-point dtype: ``"float32"`` or ``"float64"``."""
    global _FLOATX
    if value not in ("float32", "float64"):
        raise ValueError(f"floatx must be 'float32' or 'float64'. Received: {value!r}")
    _FLOATX = value


def epsilon() -> float:
    """The small number that keeps quotients and logarithms finite, 1e-7 unless changed."""
    return _EPSILON


def set_epsilon(value: float) -> None:
    """Set the number that keeps quotients and logarithms finite.

    Raises:
        ValueError: it is not positive.
    """
    global _EPSILON
    if not value > 0:
        raise ValueError(f"epsilon must be positive. Received: {value!r}")
    _EPSILON = float(value)


def image_data_format() -> str:
    """Where the channels of images are by default: ``"channels_last"`` unless changed."""
    return _IMAGE_DATA_FORMAT


def set_image_data_format(data_format: str) -> None:
    """Set where the channels of images are: ``"channels_last"`` or ``"channels_first"``."""
    global _IMAGE_DATA_FORMAT
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            "data_format must be 'channels_last' or 'channels_first'. "
            f"Received: data_format={data_format!r}"
        )
    _IMAGE_DATA_FORMAT = data_format


def standardize_dtype(dtype: Any) -> str:
    """The engine's name of a dtype given as a string, a NumPy dtype or a Python type.

    >>> standardize_dtype(np.float64)
    'float64'
    """
    if dtype is None or dtype is float:
        return _FLOATX
    if dtype is int:
        return "int32"
    if type(dtype) is str or isinstance(dtype, np.dtype):
        return _engine_name(dtype)
    return _engine_name.__wrapped__(dtype)


@functools.lru_cache(maxsize=256)  # NumPy computes the name of a dtype anew each time
def _engine_name(dtype: Any) -> str:
    dtype = getattr(dtype, "compute_dtype", dtype)  # of a policy
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
    if name in STORED_AS:
        return STORED_AS[name]
    if name not in DTYPES:
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = str(dtype).rpartition(".")[2]  # torch.float32
        name = STORED_AS.get(name, name)
    if name not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}. Received: {dtype!r}")
    return name


def is_float(dtype: str) -> bool:
    return dtype.startswith("float")


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype, given in any way, is one of floating-point numbers."""
    return is_float(standardize_dtype(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype, given in any way, is one of integers."""
    return "int" in standardize_dtype(dtype)


@functools.lru_cache(maxsize=256)  # every op asks
def result_type(*dtypes: str) -> str:
    """The dtype in which tensors of these dtypes meet: integers meet floats in the float's."""
    floats = [d for d in dtypes if is_float(d)]
    if floats:
        return max(floats)  # "float64" > "float32"
    order = ("bool", "uint8", "int32", "int64")
    return max(dtypes, key=order.index)
