# SPDX-License-Identifier: Apache-2.0
"""Random numbers from one counter-based generator (Philox4x32-10)."""

from pronghorn.random.distributions import categorical as categorical
from pronghorn.random.distributions import dropout as dropout
from pronghorn.random.distributions import normal as normal
from pronghorn.random.distributions import randint as randint
from pronghorn.random.distributions import shuffle as shuffle
from pronghorn.random.distributions import truncated_normal as truncated_normal
from pronghorn.random.distributions import uniform as uniform
from pronghorn.random.rejection import beta as beta
from pronghorn.random.rejection import binomial as binomial
from pronghorn.random.rejection import gamma as gamma
from pronghorn.random.seed_generator import SeedGenerator as SeedGenerator
