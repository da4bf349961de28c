# SPDX-License-Identifier: Apache-2.0
"""What a batch is made of: inputs, perhaps targets, perhaps sample weights."""

from __future__ import annotations

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` as three values.

    Raises:
        ValueError: If there are more than three.

    Example:

    >>> import pronghorn as keras
    >>> keras.utils.unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"Expected (x, y) or (x, y, sample_weight). Received {len(data)} values.")
    x, y, weight = (*data, None, None)[:3]
    return x, y, weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The inverse: `x` alone, `(x, y)` or `(x, y, sample_weight)`.

    Example:

    >>> import pronghorn as keras
    >>> keras.utils.pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (tuple, list)) else x
