# SPDX-License-Identifier: Apache-2.0
"""Steps that happen only every so often, in a program that has no branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pronghorn import ops
from pronghorn.backend import Variable


@contextmanager
def only_if(condition: Any, variables: Sequence[Variable]) -> Iterator[None]:
    """A scope whose assignments to `variables` count only if the condition (a scalar) holds.

    What is assigned is computed in any case, and the old value taken instead where it must not
    count: elementwise work, which is fused with what it follows.

    Example:
    >>> import pronghorn as keras
    >>> total, steps = keras.Variable(1.0), keras.Variable(3)
    >>> for even in (steps % 2 == 0, steps % 2 == 1):
    ...     with only_if(even, [total]):
    ...         total.assign_add(1.0)
    >>> float(total)
    2.0
    """
    before = [variable.value for variable in variables]
    yield
    for variable, old in zip(variables, before, strict=True):
        variable.assign(ops.where(condition, variable, old))
