# SPDX-License-Identifier: Apache-2.0
"""Nested dicts and lists of numbers, text and arrays in one file that is there whole or not at all.

The file is NumPy's `.npz`: an entry `state` holds the structure as JSON, in which `{"<array>": n}`
stands for the entry `n`. Reading it runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pronghorn.backend import Tensor, Variable
from pronghorn.saving.atomic import atomic_file

_ARRAY = "<array>"


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state; after a crash at any moment there is the old file or the new one.

    Args:
        path: of the file; its folder must exist.
        state: made of dicts with names as keys, lists and tuples (which come back as lists),
            numbers, text, None, arrays, tensors and variables (which come back as arrays).

    Raises:
        TypeError: there is something else in it; no file is written then.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(_plain(state, arrays, "state"))
    entries = {str(number): array for number, array in enumerate(arrays)}
    with atomic_file(path) as temporary:
        np.savez(temporary, state=np.array(text), **entries)  # type: ignore[arg-type]


def read_state(path: Path) -> dict[str, Any]:
    """What `write_state` wrote.

    Raises:
        ValueError: the file is damaged, or no such file.
    """
    from zipfile import BadZipFile

    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            state = _restored(json.loads(str(file["state"][()])), file)
    except (OSError, ValueError, TypeError, EOFError, KeyError, MemoryError, BadZipFile) as error:
        raise ValueError(f"{path} is not readable as a state that was saved: {error}") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} holds no state, but: {type(state).__name__}")
    return state


def _plain(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key == _ARRAY:
                raise TypeError(f"{place}: keys must be text, not {_ARRAY!r}. Received: {key!r}")
        return {key: _plain(item, arrays, f"{place}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, arrays, f"{place}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray | np.generic | Tensor | Variable):
        array = np.asarray(value)
        if array.dtype.kind not in "biufcU":
            raise TypeError(f"{place}: arrays must hold numbers. Received: dtype {array.dtype}")
        arrays.append(array)
        return {_ARRAY: len(arrays) - 1}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(
        f"{place}: a state is made of dicts, lists, numbers, text, None and arrays. "
        f"Received: {value!r} of type {type(value).__name__}"
    )


def _restored(value: Any, file: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_ARRAY}:
            return file[str(int(value[_ARRAY]))]
        return {key: _restored(item, file) for key, item in value.items()}
    return [_restored(item, file) for item in value] if isinstance(value, list) else value
