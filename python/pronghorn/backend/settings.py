# SPDX-License-Identifier: Apache-2.0
"""Settings of the whole process that Keras has: limits of training, and how it speaks."""

from __future__ import annotations

import os
from typing import Any

_MAX_EPOCHS = "KERAS_MAX_EPOCHS"
_MAX_STEPS = "KERAS_MAX_STEPS_PER_EPOCH"
_limits: dict[str, int | None] = {}
_interactive = True
_filtered = True


def _limit(variable: str) -> int | None:
    if variable in _limits:
        return _limits[variable]
    given = os.environ.get(variable)
    return int(given) if given else None


def _set_limit(name: str, variable: str, value: Any) -> None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if value is not None and not is_count:
        raise ValueError(f"{name} must be a positive int or None. Received: {name}={value!r}")
    _limits[variable] = value


def max_epochs() -> int | None:
    """How many epochs `fit` makes at most, whatever it is asked for; None: no limit.

    The environment variable ``KERAS_MAX_EPOCHS`` sets it from outside, to try out a long program.
    """
    return _limit(_MAX_EPOCHS)


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the number of epochs of every `fit`; None ends the limit."""
    _set_limit("max_epochs", _MAX_EPOCHS, max_epochs)


def max_steps_per_epoch() -> int | None:
    """How many steps an epoch, an evaluation or a prediction has at most; None: no limit.

    The environment variable ``KERAS_MAX_STEPS_PER_EPOCH`` sets it from outside.
    """
    return _limit(_MAX_STEPS)


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the number of steps of every epoch; None ends the limit."""
    _set_limit("max_steps_per_epoch", _MAX_STEPS, max_steps_per_epoch)


def enable_interactive_logging() -> None:
    """Write progress to standard output, which is the default."""
    global _interactive
    _interactive = True


def disable_interactive_logging() -> None:
    """Send progress to `logging`, as messages of the logger "pronghorn" at level INFO."""
    global _interactive
    _interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress is written to standard output."""
    return _interactive


def enable_traceback_filtering() -> None:
    """Kept for Keras's sake: tracebacks are shown as they are, and are short."""
    global _filtered
    _filtered = True


def disable_traceback_filtering() -> None:
    """Kept for Keras's sake: tracebacks are always complete."""
    global _filtered
    _filtered = False


def is_traceback_filtering_enabled() -> bool:
    """What the last of `enable_traceback_filtering` and `disable_traceback_filtering` set."""
    return _filtered
