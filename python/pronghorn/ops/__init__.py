# SPDX-License-Identifier: Apache-2.0
"""Functions on tensors, with the names of `keras.ops`.

On arrays and tensors they compute at once; inside a traced computation (a model's `call`, a loss)
they record themselves; on tensors of a functional model they become part of the model.
"""

from pronghorn.backend.tensor import convert_to_numpy as convert_to_numpy
from pronghorn.backend.tensor import convert_to_tensor as convert_to_tensor
from pronghorn.backend.tensor import is_tensor as is_tensor
from pronghorn.ops import linalg as linalg
from pronghorn.ops import nn as nn
from pronghorn.ops import numpy as numpy
from pronghorn.ops._control_flow import associative_scan as associative_scan
from pronghorn.ops._control_flow import cond as cond
from pronghorn.ops._control_flow import fori_loop as fori_loop
from pronghorn.ops._control_flow import map as map
from pronghorn.ops._control_flow import scan as scan
from pronghorn.ops._control_flow import switch as switch
from pronghorn.ops._control_flow import vectorize as vectorize
from pronghorn.ops._control_flow import vectorized_map as vectorized_map
from pronghorn.ops._control_flow import while_loop as while_loop
from pronghorn.ops._forward_mode import jvp as jvp
from pronghorn.ops._inverse_functions import erfinv as erfinv
from pronghorn.ops._rearrange import rearrange as rearrange
from pronghorn.ops.core import cast as cast
from pronghorn.ops.core import erf as erf
from pronghorn.ops.core import saturate_cast as saturate_cast
from pronghorn.ops.core import stop_gradient as stop_gradient
from pronghorn.ops.core import tanh as tanh
from pronghorn.ops.linalg import *  # noqa: F403
from pronghorn.ops.nn import *  # noqa: F403
from pronghorn.ops.numpy import *  # noqa: F403
from pronghorn.ops.shape import *  # noqa: F403
from pronghorn.ops.shape import get_item as get_item
