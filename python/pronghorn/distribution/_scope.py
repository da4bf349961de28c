# SPDX-License-Identifier: Apache-2.0
"""Which distribution `fit` uses."""

from __future__ import annotations

from typing import Any

_current: Any = None


def distribution() -> Any:
    """The distribution that training uses; None: this process alone."""
    return _current


def set_distribution(value: Any) -> None:
    """Let training use a distribution from now on, or (None) this process alone.

    Args:
        value: a `DataParallel`, or None.

    >>> import pronghorn as keras
    >>> keras.distribution.set_distribution(None)
    """
    global _current
    if value is not None and not hasattr(value, "rank"):
        raise ValueError(
            f"A distribution is a `keras.distribution.DataParallel` or None. Received: {value!r}"
        )
    _current = value
