# SPDX-License-Identifier: Apache-2.0
"""How a trial may fail."""

from __future__ import annotations


class FailedTrialError(Exception):
    """Raise it to give a trial up: it is not tried again, and the search goes on."""


class FatalError(Exception):
    """Ends the search."""


class FatalValueError(FatalError, ValueError):
    """Ends the search: a wrong value."""


class FatalTypeError(FatalError, TypeError):
    """Ends the search: a wrong type."""


class FatalRuntimeError(FatalError, RuntimeError):
    """Ends the search: too many trials failed one after another."""
