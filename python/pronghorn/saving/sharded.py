# SPDX-License-Identifier: Apache-2.0
"""Weights in several HDF5 files, and a JSON file that tells which are where.

The layout is that of Keras: `n.weights.json` beside `n_00000.weights.h5`, `n_00001.weights.h5`, ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pronghorn.saving.atomic import atomic_file
from pronghorn.saving.hdf5 import arrays_in, hdf5_file, write_arrays
from pronghorn.saving.state import State
from pronghorn.saving.text import read_json

ENDING = ".weights.json"


def write_shards(path: Path, state: State, max_shard_size: float) -> None:
    """Write the files. All are written beside their places before the first is moved there.

    Args:
        path: of the JSON file.
        state: arrays.
        max_shard_size: of a file, in GiB; an array is never split.

    Raises:
        ValueError: an array is larger.
    """
    import h5py

    limit = max_shard_size * 2**30
    shards: list[State] = [{}]
    where: dict[str, list[str]] = {}
    total, size = 0, 0.0
    for place, (name, arrays) in state.items():
        group = _vars(place)
        shards[-1][place] = (name, {})
        where[group] = [_shard_name(path, len(shards) - 1)]
        for key, array in arrays.items():
            if array.nbytes > limit:
                raise ValueError(
                    f"an array of {name!r} has {array.nbytes} bytes, more than max_shard_size. "
                    f"Received: max_shard_size={max_shard_size}"
                )
            if size + array.nbytes > limit:
                shards.append({place: (name, {})})
                where[group].append(_shard_name(path, len(shards) - 1))
                size = 0.0
            shards[-1][place][1][key] = array
            size += array.nbytes
            total += array.nbytes
    index = {"metadata": {"total_size": float(total)}, "weight_map": where}
    with ExitStack() as files:  # the JSON file takes its place last
        files.enter_context(atomic_file(path)).write_text(json.dumps(index, indent=4), "utf-8")
        for number, shard in enumerate(shards):
            temporary = files.enter_context(atomic_file(path.parent / _shard_name(path, number)))
            with h5py.File(temporary, "w") as file:
                for place, (name, arrays) in shard.items():
                    write_arrays(file, _vars(place), arrays, name)


@contextmanager
def open_shards(path: Path) -> Iterator[dict[str, Any]]:
    """All arrays of all files.

    Raises:
        ValueError: the JSON file is of another kind, or names a file that is not beside it.
    """
    index = read_json(path.read_bytes(), path.name)
    where = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(where, dict):
        raise ValueError(f"{path} tells of no weights: it has no `weight_map`")
    names: dict[str, None] = {}
    for value in where.values():
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or Path(name).name != name or "\\" in name:
                raise ValueError(f"{path} names a file that is not beside it: {name!r}")
            names[name] = None
    arrays: dict[str, Any] = {}
    with ExitStack() as files:
        for name in names:
            shard = path.parent / name
            if not shard.is_file():
                raise FileNotFoundError(f"{path} needs {name}, which is not beside it")
            arrays |= arrays_in(files.enter_context(hdf5_file(shard, shard)))
        yield arrays


def _vars(place: str) -> str:
    return f"/{place}/vars" if place else "/vars"


def _shard_name(path: Path, number: int) -> str:
    return f"{path.name.removesuffix(ENDING)}_{number:05d}.weights.h5"
