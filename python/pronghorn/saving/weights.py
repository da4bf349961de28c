# SPDX-License-Identifier: Apache-2.0
"""Weights files: HDF5 in the layout of Keras 3, and NumPy's `.npz` with the same names.

A file addresses weights by position and class, never by layer name: `layers/dense_1/vars/0` is the
kernel of the second Dense of the model.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from pronghorn._configurable import to_snake_case
from pronghorn.backend import Variable
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.layer import Layer
from pronghorn.models.functional import Functional
from pronghorn.models.model import Model
from pronghorn.models.sequential import Sequential

Arrays = Mapping[str, Any]  # name -> array, or a data set of an open file


def save_weights(model: Any, filepath: str | PathLike[str], overwrite: bool = True) -> None:
    """Write all weights, and the optimizer's variables, to a file.

    The file is written beside its place and then moved there, so that there is always the old file
    or the new one.
    """
    path = Path(filepath)
    _check_ending(path)
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has no weights yet: its input shape is not known. Build it "
            "first."
        )
    path = path.resolve()  # a link stays a link
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists, and overwrite=False")
    stores = {place: (layer.name, layer._own_weights()) for place, layer in places(model)}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        stores["optimizer"] = (optimizer.name, list(optimizer.variables))
    with atomic_file(path) as temporary:
        write = _write_npz if path.suffix == ".npz" else _write_hdf5
        write(temporary, stores)


def load_weights(model: Any, filepath: str | PathLike[str], skip_mismatch: bool = False) -> None:
    """Read all weights, and the optimizer's variables if they are there and fit."""
    path = Path(filepath)
    _check_ending(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no weights file {path}")
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} has no weights to load into: its input shape is not known. "
            "Build it first."
        )
    with (_open_npz if path.suffix == ".npz" else _open_hdf5)(path) as arrays:
        pairs: list[tuple[Variable, Any]] = []
        for place, layer in places(model):
            try:
                pairs += matched(place, layer.name, layer._own_weights(), arrays)
            except ValueError as error:
                if not skip_mismatch:
                    raise
                warnings.warn(f"skipped: {error}", stacklevel=3)
        pairs += _optimizer_pairs(model, arrays)
        changes = [(variable, np.asarray(array[()])) for variable, array in pairs]
    for variable, array in changes:
        variable.assign(array)


def _optimizer_pairs(model: Any, arrays: Arrays) -> list[tuple[Variable, Any]]:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not any(name.startswith("optimizer/") for name in arrays):
        return []
    stored = len(_of_place("optimizer", arrays))
    if not optimizer.built and stored > len(optimizer.variables):
        optimizer.build(model.trainable_variables)
    try:
        return matched("optimizer", optimizer.name, list(optimizer.variables), arrays)
    except ValueError:
        if stored > 2:  # more than the iteration and the learning rate: a state that is lost
            warnings.warn(
                f"Skipping variable loading for optimizer {optimizer.name!r}: it has "
                f"{len(optimizer.variables)} variables and the file {stored}.",
                stacklevel=4,
            )
        return []


def places(model: Layer) -> list[tuple[str, Layer]]:
    """Every layer once, with the path under which a file holds its own weights."""
    found: dict[int, tuple[str, Layer]] = {}

    def visit(layer: Layer, place: str) -> None:
        if id(layer) in found:
            return
        found[id(layer)] = (place, layer)
        for name, value in _children(layer):
            below = f"{place}/{name}" if place else name
            if isinstance(value, Layer):
                visit(value, below)
            else:
                visit_container(value, below)

    def visit_container(container: Any, place: str) -> None:
        used: dict[str, int] = {}

        def numbered(name: str) -> str:
            number = used.get(name, 0)
            used[name] = number + 1
            return f"{place}/{name}_{number}" if number else f"{place}/{name}"

        for item in container.values() if isinstance(container, dict) else container:
            if isinstance(item, Layer):
                visit(item, numbered(to_snake_case(type(item).__name__)))
            elif isinstance(item, list | tuple | dict):
                visit_container(item, numbered("container"))

    visit(model, "")
    return list(found.values())


def _children(layer: Layer) -> list[tuple[str, Any]]:
    """Attributes that hold layers, in the order in which Keras walks them."""
    if isinstance(layer, Sequential):
        return [("layers", [x for x in layer._layers if not isinstance(x, InputLayer)])]
    if isinstance(layer, Functional):
        return [("layers", layer.layers)]
    attributes = {
        name: value
        for name, value in vars(layer).items()
        if isinstance(value, Layer | list | tuple | dict) and name != "_nodes"
    }
    if isinstance(layer, Model):
        attributes["layers"] = layer.layers
    return sorted(attributes.items(), key=lambda item: (item[0].startswith("_"), item[0]))


def matched(
    place: str, name: str, variables: list[Variable], arrays: Arrays
) -> list[tuple[Variable, Any]]:
    """Variables with the arrays a file has for them, of which only the shapes are read here.

    Raises:
        ValueError: there are more or fewer, or a shape differs.
    """
    stored = _of_place(place, arrays)
    if len(stored) != len(variables):
        raise ValueError(
            f"Layer {name!r} expects {len(variables)} weights {[v.path for v in variables]}, but "
            f"the file has {len(stored)} under {place!r}"
        )
    for variable, array in zip(variables, stored, strict=True):
        if array.shape != variable.shape:
            raise ValueError(
                f"Layer {name!r}: weight {variable.path!r} has shape {variable.shape}, but the "
                f"file has {array.shape} under {place!r}"
            )
    return list(zip(variables, stored, strict=True))


def _of_place(place: str, arrays: Arrays) -> list[Any]:
    prefix = f"{place}/vars/" if place else "vars/"
    numbers = [int(n.removeprefix(prefix)) for n in arrays if n.startswith(prefix)]
    return [arrays[f"{prefix}{number}"] for number in sorted(numbers)]


# -- formats ------------------------------------------------------------------------------------


def _check_ending(path: Path) -> None:
    if path.suffix not in (".h5", ".hdf5", ".npz"):
        raise ValueError(
            f"a weights file must end in `.weights.h5`, `.h5` or `.npz`. Received: {path.name!r}"
        )


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary file in the same folder that takes the place of `path` if all goes well."""
    import tempfile  # not needed to import the library, and slow

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


Stores = dict[str, tuple[str, list[Variable]]]


def _write_hdf5(path: Path, stores: Stores) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for place, (name, variables) in stores.items():
            group = file.create_group(f"{place}/vars" if place else "vars")
            group.attrs["name"] = name
            for number, variable in enumerate(variables):
                group[str(number)] = variable.numpy()


@contextmanager
def _open_hdf5(path: Path) -> Iterator[Arrays]:
    import h5py

    found: dict[str, Any] = {}

    def collect(name: str, item: Any) -> None:
        parts = name.split("/")
        if isinstance(item, h5py.Dataset) and parts[-2:-1] == ["vars"] and parts[-1].isdigit():
            if item.dtype.kind not in "biuf":
                raise ValueError(f"{path}: dataset {name} is not made of numbers ({item.dtype})")
            found[name] = item

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)  # links to other files are not followed
            yield found
    except OSError as error:
        raise ValueError(f"{path} is not a readable HDF5 file: {error}") from error


def _write_npz(path: Path, stores: Stores) -> None:
    arrays = {
        f"{place}/vars/{number}" if place else f"vars/{number}": variable.numpy()
        for place, (_, variables) in stores.items()
        for number, variable in enumerate(variables)
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]


@contextmanager
def _open_npz(path: Path) -> Iterator[Arrays]:
    from zipfile import BadZipFile

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, BadZipFile) as error:
        raise ValueError(f"{path} is not a readable .npz file: {error}") from error
    yield arrays
