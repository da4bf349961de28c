# SPDX-License-Identifier: Apache-2.0
"""Tensors, variables and traces: what `pronghorn.ops` works on."""

from importlib import import_module
from typing import Any

from pronghorn.backend.dtypes import epsilon as epsilon
from pronghorn.backend.dtypes import floatx as floatx
from pronghorn.backend.dtypes import image_data_format as image_data_format
from pronghorn.backend.dtypes import is_float as is_float
from pronghorn.backend.dtypes import is_float_dtype as is_float_dtype
from pronghorn.backend.dtypes import is_int_dtype as is_int_dtype
from pronghorn.backend.dtypes import result_type as result_type
from pronghorn.backend.dtypes import set_epsilon as set_epsilon
from pronghorn.backend.dtypes import set_floatx as set_floatx
from pronghorn.backend.dtypes import set_image_data_format as set_image_data_format
from pronghorn.backend.dtypes import standardize_dtype as standardize_dtype
from pronghorn.backend.gradient_tape import GradientTape as GradientTape
from pronghorn.backend.keras_tensor import KerasTensor as KerasTensor
from pronghorn.backend.keras_tensor import is_keras_tensor as is_keras_tensor
from pronghorn.backend.naming import clear_session as clear_session
from pronghorn.backend.naming import get_uid as get_uid
from pronghorn.backend.tensor import Operators as Operators
from pronghorn.backend.tensor import Tensor as Tensor
from pronghorn.backend.tensor import convert_to_numpy as convert_to_numpy
from pronghorn.backend.tensor import convert_to_tensor as convert_to_tensor
from pronghorn.backend.tensor import is_tensor as is_tensor
from pronghorn.backend.trace import NoValueError as NoValueError
from pronghorn.backend.trace import Trace as Trace
from pronghorn.backend.trace import current_trace as current_trace
from pronghorn.backend.trace import init_scope as init_scope
from pronghorn.backend.variable import Variable as Variable

# `keras.backend.variable` is a function of Keras 2, not the module that was just imported.
globals().pop("variable", None)


def backend() -> str:
    """The name of what computes: always `"pronghorn"`."""
    return "pronghorn"


def __getattr__(name: str) -> Any:
    """What `keras.backend` had in Keras 2; it stands above this package, so it is fetched late."""
    if not name.startswith("_"):
        legacy = import_module("pronghorn.backend.legacy")
        if name in legacy.SAME_IN_OPS:
            return getattr(import_module("pronghorn.ops"), name)
        function = vars(legacy).get(name)
        if getattr(function, "__module__", None) == legacy.__name__:
            return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
