# SPDX-License-Identifier: Apache-2.0
"""Conversions of data, the random seed, the progress bar."""

from pronghorn.random.seed_generator import set_random_seed as set_random_seed
from pronghorn.utils.numpy_utils import normalize as normalize
from pronghorn.utils.numpy_utils import to_categorical as to_categorical
from pronghorn.utils.progbar import Progbar as Progbar
