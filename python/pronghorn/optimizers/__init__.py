# SPDX-License-Identifier: Apache-2.0
"""How weights follow their gradients."""

from __future__ import annotations

from typing import Any

from pronghorn.optimizers import schedules
from pronghorn.optimizers.adadelta import Adadelta
from pronghorn.optimizers.adafactor import Adafactor
from pronghorn.optimizers.adagrad import Adagrad
from pronghorn.optimizers.adam import Adam
from pronghorn.optimizers.adamax import Adamax
from pronghorn.optimizers.adamw import AdamW
from pronghorn.optimizers.ftrl import Ftrl
from pronghorn.optimizers.lamb import Lamb
from pronghorn.optimizers.lion import Lion
from pronghorn.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from pronghorn.optimizers.muon import Muon
from pronghorn.optimizers.nadam import Nadam
from pronghorn.optimizers.optimizer import OPTIMIZERS, Optimizer
from pronghorn.optimizers.rmsprop import RMSprop
from pronghorn.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from pronghorn.optimizers.sgd import SGD

serialize = OPTIMIZERS.serialize
deserialize = OPTIMIZERS.deserialize


def get(identifier: Any) -> Any:
    """The optimizer that a name, a config, a class or an instance stands for.

    Raises:
        ValueError: unknown name, or something else.

    Example:
    >>> import pronghorn as keras
    >>> keras.optimizers.get("adam").beta_1
    0.9
    """
    found = OPTIMIZERS.get(identifier)
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(
            "Expected an optimizer: its name, a class, an instance or a config. "
            f"Received: {identifier!r}"
        )
    return found


__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
