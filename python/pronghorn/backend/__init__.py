# SPDX-License-Identifier: Apache-2.0
"""Tensors, variables and traces: what `pronghorn.ops` works on."""

from pronghorn.backend.dtypes import epsilon as epsilon
from pronghorn.backend.dtypes import floatx as floatx
from pronghorn.backend.dtypes import is_float as is_float
from pronghorn.backend.dtypes import result_type as result_type
from pronghorn.backend.dtypes import set_floatx as set_floatx
from pronghorn.backend.dtypes import standardize_dtype as standardize_dtype
from pronghorn.backend.keras_tensor import KerasTensor as KerasTensor
from pronghorn.backend.naming import clear_session as clear_session
from pronghorn.backend.tensor import Operators as Operators
from pronghorn.backend.tensor import Tensor as Tensor
from pronghorn.backend.tensor import convert_to_numpy as convert_to_numpy
from pronghorn.backend.tensor import convert_to_tensor as convert_to_tensor
from pronghorn.backend.tensor import is_tensor as is_tensor
from pronghorn.backend.trace import Trace as Trace
from pronghorn.backend.trace import current_trace as current_trace
from pronghorn.backend.trace import init_scope as init_scope
from pronghorn.backend.variable import Variable as Variable
