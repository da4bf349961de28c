# SPDX-License-Identifier: Apache-2.0
"""Training on many processes or machines."""

from pronghorn.distribution._data_parallel import DataParallel as DataParallel
from pronghorn.distribution._scope import distribution as distribution
from pronghorn.distribution._scope import set_distribution as set_distribution

__all__ = ["DataParallel", "distribution", "set_distribution"]
