# SPDX-License-Identifier: Apache-2.0
"""Names that Keras would give: dense, dense_1, dense_2, ... in the order of creation."""

from __future__ import annotations

from collections import Counter

_used: Counter[str] = Counter()


def auto_name(prefix: str) -> str:
    """The next free name for a prefix in this process."""
    number = _used[prefix]
    _used[prefix] += 1
    return f"{prefix}_{number}" if number else prefix


def clear_session() -> None:
    """Start the automatic names anew."""
    _used.clear()
