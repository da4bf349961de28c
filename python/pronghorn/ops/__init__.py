# SPDX-License-Identifier: Apache-2.0
"""Functions on tensors, with the names of `keras.ops`.

On arrays and tensors they compute at once; inside a traced computation (a model's `call`, a loss)
they record themselves; on tensors of a functional model they become part of the model.
"""

from pronghorn.backend.tensor import convert_to_numpy as convert_to_numpy
from pronghorn.backend.tensor import convert_to_tensor as convert_to_tensor
from pronghorn.backend.tensor import is_tensor as is_tensor
from pronghorn.ops.core import cast as cast
from pronghorn.ops.core import erf as erf
from pronghorn.ops.core import stop_gradient as stop_gradient
from pronghorn.ops.core import tanh as tanh
from pronghorn.ops.nn import *  # noqa: F403
from pronghorn.ops.numpy import *  # noqa: F403
from pronghorn.ops.shape import *  # noqa: F403
from pronghorn.ops.shape import get_item as get_item
