# SPDX-License-Identifier: Apache-2.0
"""Warnings that point at the caller's code, however deep in the library they arise."""

from __future__ import annotations

import sys
import warnings


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn in the name of the line outside of this package that led here."""
    frame, level = sys._getframe(1), 2
    while frame.f_globals["__name__"].startswith("pronghorn.") and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def warn_old(message: str) -> None:
    """Warn of an old name; the message says the new one."""
    warn(message, DeprecationWarning)
