# SPDX-License-Identifier: Apache-2.0
"""Dtype policies under the names of `keras.mixed_precision`.

Losses are not scaled: gradients are float32, in which they do not underflow.
"""

from pronghorn.dtype_policies import DTypePolicy as DTypePolicy
from pronghorn.dtype_policies import dtype_policy as dtype_policy
from pronghorn.dtype_policies import set_dtype_policy as set_dtype_policy

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
