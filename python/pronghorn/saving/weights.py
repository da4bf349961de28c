# SPDX-License-Identifier: Apache-2.0
"""Weights files: HDF5 in the layout of Keras 3, in one file or several, `.npz` and safetensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from pronghorn.saving import archive, legacy_weights, npz, safetensors, sharded
from pronghorn.saving.atomic import atomic_file, writable_path
from pronghorn.saving.hdf5 import arrays_in, hdf5_file, write_arrays
from pronghorn.saving.state import State, by_place, load_state, state_of

# `.ckpt`, and no ending at all, are how TensorFlow's checkpoints were called.
_ENDINGS = (".h5", ".hdf5", ".npz", safetensors.ENDING, ".ckpt", "")


def save_weights(
    model: Any,
    filepath: str | PathLike[str],
    overwrite: bool = True,
    max_shard_size: float | None = None,
    save_format: str | None = None,
) -> None:
    """Write all weights, and the optimizer's variables, to a file.

    The file is written beside its place and then moved there, so that there is always the old file
    or the new one.

    Args:
        model: built.
        filepath: `.weights.h5`, in Keras's layout, whatever else it ends in: `.h5`, `.ckpt` or
            nothing, as Keras 2 had it; `.npz`; `.safetensors`, without the optimizer's; or
            `.weights.json`, which goes with several HDF5 files.
        overwrite: whether an existing file may be replaced.
        max_shard_size: of each of the several files, in GiB.
        save_format: accepted for the sake of Keras 2: "h5" or "tf".

    Raises:
        FileExistsError: the file exists and `overwrite` is False.
        ValueError: another ending, or a model without weights yet.

    Example:

    >>> import tempfile, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.saving.save_weights(model, folder + "/model.weights.h5")
    ...     keras.saving.load_weights(model, folder + "/model.weights.h5")
    """
    path = Path(filepath)
    _check_ending(path)
    if (max_shard_size is not None) != path.name.endswith(sharded.ENDING):
        raise ValueError(
            "`max_shard_size` goes with a file that ends in `.weights.json`. "
            f"Received: filepath={path.name!r}, max_shard_size={max_shard_size}"
        )
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has no weights yet: its input shape is not known. Build it "
            "first."
        )
    path = writable_path(path, overwrite)
    state = state_of(model)
    if max_shard_size is not None:
        sharded.write_shards(path, state, max_shard_size)
        return
    with atomic_file(path) as temporary:
        if path.suffix == ".npz":
            npz.write(temporary, state)
        elif path.suffix == safetensors.ENDING:
            safetensors.write(temporary, model)
        else:
            write_hdf5(temporary, state)


def load_weights(
    model: Any,
    filepath: str | PathLike[str],
    skip_mismatch: bool = False,
    by_name: bool = False,
    objects_to_skip: Iterable[Any] = (),
) -> None:
    """Read all weights, and the optimizer's variables if they are there and fit.

    What a file is, is told by its content: also a whole model (`.keras`, its folder, or `.h5`) and
    weights of Keras 2.

    Args:
        model: built.
        filepath: of the file, or folder.
        skip_mismatch: leave layers as they are that do not fit, with a warning; in the layout of
            Keras 2 single weights.
        by_name: match layers by name rather than by place, in HDF5 files of Keras 2's layout.
        objects_to_skip: layers to leave alone.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file does not fit the model; nothing is changed then.
    """
    path = Path(filepath)
    if not path.exists():
        raise FileNotFoundError(f"there is no weights file {path}")
    if not path.is_dir() and path.suffix != ".keras":
        _check_ending(path)
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has no weights to load into: its input shape is not known. "
            "Build it first."
        )
    if path.suffix == safetensors.ENDING:
        safetensors.load(model, path, skip_mismatch)
        return
    with _opened(path) as (arrays, legacy):
        if legacy is not None:
            legacy_weights.load(model, legacy, skip_mismatch, by_name)
            return
        if by_name:
            raise ValueError(
                "`by_name` is for HDF5 files in the layout of Keras 2, which tell the names of "
                f"layers. Received: {path.name!r}, in that of Keras 3"
            )
        load_state(model, by_place(arrays), skip_mismatch, objects_to_skip)


def arrays_of(filepath: str | PathLike[str]) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and dtype of each array in a file of weights, sorted by name.

    Raises:
        ValueError: it is not readable.
    """
    path = Path(filepath)
    if path.suffix == safetensors.ENDING:
        return safetensors.arrays_of(path)
    with _opened(path) as (arrays, legacy):
        found = arrays_in(legacy) if legacy is not None else arrays
        return [(name, tuple(a.shape), str(a.dtype)) for name, a in sorted(found.items())]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """The arrays of a file, and, if it is of Keras 2's layout, the group with its layers."""
    if path.name.endswith(sharded.ENDING):
        with sharded.open_shards(path) as arrays:
            yield arrays, None
    elif archive.is_archive(path):
        with archive.open_archive(path) as contents, contents.weights() as arrays:
            yield arrays, None
    elif path.suffix == ".npz":
        with npz.opened(path, path) as arrays:
            yield arrays, None
    else:
        with hdf5_file(path, path) as file:
            legacy = legacy_weights.group_of(file)
            yield ({} if legacy is not None else arrays_in(file)), legacy


def write_hdf5(target: Any, state: State) -> None:
    """Write to a path, or into a binary file."""
    import h5py

    with h5py.File(target, "w") as file:
        for place, (name, arrays) in state.items():
            write_arrays(file, f"{place}/vars" if place else "vars", arrays, name)


def _check_ending(path: Path) -> None:
    if path.suffix not in _ENDINGS and not path.name.endswith(sharded.ENDING):
        raise ValueError(
            "a weights file must end in `.weights.h5`, `.h5`, `.npz`, `.safetensors` or "
            "`.weights.json`. "
            f"Received: {path.name!r}"
        )
