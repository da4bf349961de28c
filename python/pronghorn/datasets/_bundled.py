# SPDX-License-Identifier: Apache-2.0
"""Data files that are part of the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np


def read_bundled(name: str, *arrays: str) -> tuple[np.ndarray, ...]:
    """Reads the named arrays of an `.npz` file that lies beside this module."""
    with (files(__package__) / name).open("rb") as file, np.load(file) as content:
        return tuple(content[array] for array in arrays)
