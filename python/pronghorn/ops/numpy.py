# SPDX-License-Identifier: Apache-2.0
"""The functions that NumPy has too, under their names there."""

from pronghorn.ops._bits import *  # noqa: F403
from pronghorn.ops._complex_numbers import *  # noqa: F403
from pronghorn.ops._elementwise import *  # noqa: F403
from pronghorn.ops._inverse_functions import arccos as arccos
from pronghorn.ops._inverse_functions import arccosh as arccosh
from pronghorn.ops._inverse_functions import arcsin as arcsin
from pronghorn.ops._inverse_functions import arcsinh as arcsinh
from pronghorn.ops._inverse_functions import arctan as arctan
from pronghorn.ops._inverse_functions import arctan2 as arctan2
from pronghorn.ops._inverse_functions import arctanh as arctanh
from pronghorn.ops._inverse_functions import signbit as signbit
from pronghorn.ops._making import *  # noqa: F403
from pronghorn.ops._products import *  # noqa: F403
from pronghorn.ops._rearranging import *  # noqa: F403
from pronghorn.ops._reductions import *  # noqa: F403
from pronghorn.ops._running_totals import *  # noqa: F403
from pronghorn.ops._scattering import *  # noqa: F403
from pronghorn.ops._searching import *  # noqa: F403
from pronghorn.ops._sorting import *  # noqa: F403
from pronghorn.ops._special_functions import *  # noqa: F403
from pronghorn.ops.core import tanh as tanh
from pronghorn.ops.shape import *  # noqa: F403
from pronghorn.ops.shape import get_item as get_item
