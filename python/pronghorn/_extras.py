# SPDX-License-Identifier: Apache-2.0
"""Libraries that only some need: imported when first used, or an error says how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def require(module: str, install: str, who: str) -> Any:
    """The imported module.

    Args:
        module: its full name.
        install: what to give `pip install`.
        who: what needs it, for the message.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"{who} needs {module}: pip install {install!r}. ({error})") from error
