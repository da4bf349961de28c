# SPDX-License-Identifier: Apache-2.0
"""Who wrote a file."""

from __future__ import annotations

import datetime
import re
from typing import Any

# Files are meant for every Keras from this version on: they hold no key that only newer ones know.
KERAS_FORMAT = "3.0.0"
# The newest Keras whose files are among the tests.
NEWEST_KERAS = "3.15"


def metadata() -> dict[str, str]:
    """What stands in `metadata.json`."""
    from pronghorn import __version__

    now = datetime.datetime.now()
    return {
        "keras_version": KERAS_FORMAT,
        "date_saved": now.strftime("%Y-%m-%d@%H:%M:%S"),
        "pronghorn_version": __version__,
    }


def newer_writer(metadata: Any) -> str | None:
    """A sentence about a writer that is newer than this version, with both versions, or None.

    >>> newer_writer({"keras_version": "3.0.0", "pronghorn_version": "99.1.0"})
    'It was written by pronghorn 99.1.0, and this is pronghorn 0.1.0.'
    """
    from pronghorn import __version__

    if not isinstance(metadata, dict):
        return None
    ours, keras = metadata.get("pronghorn_version"), metadata.get("keras_version")
    if _number(ours) > _number(__version__):
        return f"It was written by pronghorn {ours}, and this is pronghorn {__version__}."
    if _number(keras)[:2] > _number(NEWEST_KERAS):
        return (
            f"It was written by Keras {keras}, and pronghorn {__version__} knows Keras up to "
            f"{NEWEST_KERAS}."
        )
    return None


def _number(version: Any) -> tuple[int, ...]:
    found = re.match(r"\d{1,9}(\.\d{1,9})*", version) if isinstance(version, str) else None
    return tuple(map(int, found[0].split("."))) if found else ()
