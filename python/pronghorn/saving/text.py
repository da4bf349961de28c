# SPDX-License-Identifier: Apache-2.0
"""JSON text of unknown origin."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

# A model of a thousand layers has some megabytes, and models inside models a dozen levels each.
_MOST_BYTES = 1 << 26
_DEEPEST = 200
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# How a byte changes the level of nesting.
_STEPS = np.zeros(256, "int8")
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1


def read_json(data: bytes | str, label: str) -> Any:
    """The value of a JSON text.

    Args:
        data: the text.
        label: what it is called in messages.

    Raises:
        ValueError: it is no JSON, or so long or deeply nested that it cannot be a model.
    """
    data = data.encode() if isinstance(data, str) else data
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{label} is too long: {len(data)} bytes")
    outside = np.frombuffer(_STRINGS.sub(b"", data), "uint8")
    deepest = int(np.cumsum(_STEPS[outside], dtype="int32").max(initial=0))
    if deepest > _DEEPEST:
        raise ValueError(f"{label} is nested too deeply: {deepest} levels")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{label} is not JSON: {error}") from error
