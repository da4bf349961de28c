# SPDX-License-Identifier: Apache-2.0
"""Checks of the plain arguments of `fit`, `evaluate` and `predict`, in the caller's words."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Collection
from typing import Any


def positive_int(name: str, value: Any, default: int | None = None) -> int:
    """`value` as an int >= 1; `default`, if there is one, for None.

    Raises:
        ValueError: naming the argument and what came instead.
    """
    if value is None and default is not None:
        return default
    return _integer(name, value, 1, "a positive integer")


def optional_int(name: str, value: Any) -> int | None:
    """`value` as an int >= 1, or None."""
    return None if value is None else positive_int(name, value)


def non_negative_int(name: str, value: Any) -> int:
    """`value` as an int >= 0."""
    return _integer(name, value, 0, "a non-negative integer")


def fraction(name: str, value: Any) -> float:
    """`value` as a float in [0, 1)."""
    if value is None:
        return 0.0
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not 0 <= float(value) < 1:
        raise ValueError(f"`{name}` must be a number in [0, 1). Received: {name}={value!r}")
    return float(value)


def verbosity(value: Any) -> int:
    """0 (silent), 1 (live progress bar) or 2 (one line per epoch); `"auto"` decides by the output.

    A terminal or a notebook gets the bar, a file or a pipe gets lines.
    """
    if value == "auto":
        return 1 if is_interactive() else 2
    if value in (0, 1, 2):  # True and False are 1 and 0
        return int(value)
    raise ValueError(f"`verbose` must be 'auto', 0, 1 or 2. Received: verbose={value!r}")


def is_interactive() -> bool:
    """Whether standard output can show a bar that moves: a terminal or a Jupyter cell."""
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty and isatty()) or "ipykernel" in sys.modules


def validation_epochs(value: Any) -> int | frozenset[int]:
    """`validation_freq`: every so many epochs, or the set of epochs (from 1) to validate after."""
    if isinstance(value, Collection) and not isinstance(value, (str, bytes)):
        return frozenset(
            _integer("validation_freq", item, 1, "positive epoch numbers") for item in value
        )
    return _integer("validation_freq", value, 1, "a positive integer or a list of epoch numbers")


def _integer(name: str, value: Any, least: int, expected: str) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")
    return int(value)
