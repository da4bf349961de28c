# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.backend import Variable


def follow(average: Variable, value: Any, beta: float) -> Any:
    """a <- a + (1 - beta)(x - a): a running mean of x. Returns the new a."""
    new = average + (value - average) * (1 - beta)
    average.assign(new)
    return new
