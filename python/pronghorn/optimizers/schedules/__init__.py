# SPDX-License-Identifier: Apache-2.0
"""Learning rates that depend on the step."""

from __future__ import annotations

from pronghorn.optimizers.schedules.cosine_decay import CosineDecay
from pronghorn.optimizers.schedules.cosine_decay_restarts import CosineDecayRestarts
from pronghorn.optimizers.schedules.exponential_decay import ExponentialDecay
from pronghorn.optimizers.schedules.inverse_time_decay import InverseTimeDecay
from pronghorn.optimizers.schedules.learning_rate_schedule import SCHEDULES, LearningRateSchedule
from pronghorn.optimizers.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from pronghorn.optimizers.schedules.polynomial_decay import PolynomialDecay

serialize = SCHEDULES.serialize
deserialize = SCHEDULES.deserialize

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
