# SPDX-License-Identifier: Apache-2.0
"""save_model and load_model: whole models in files."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from pronghorn._object_form import serialize, shared_objects
from pronghorn.saving import archive, legacy_files
from pronghorn.saving.assets import load_assets, save_assets
from pronghorn.saving.atomic import atomic_file, atomic_folder, writable_path
from pronghorn.saving.portable import portable
from pronghorn.saving.reading import reading_a_model
from pronghorn.saving.state import by_place, load_state, state_of
from pronghorn.saving.text import read_json
from pronghorn.saving.versions import metadata
from pronghorn.saving.weights import write_hdf5

_LEGACY = (".h5", ".hdf5")


def save_model(
    model: Any,
    filepath: str | PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:
    """Write a model to a file: how it is built, its weights, how it is compiled, and the state of
    its optimizer.

    It is meant for every Keras from 3.0 on: keys that only newer versions know are left out where
    they hold the default. It is written beside its place and then moved there, so that
    there is always the old file or the new one.

    Args:
        model: of any kind; a subclass needs a `get_config` if its arguments are no plain data.
        filepath: ends in `.keras`; or in `.h5` or `.hdf5` for the format of Keras 2, or in nothing
            for a folder with the files of `.keras`.
        overwrite: whether an existing file may be replaced.
        zipped: False for a folder instead of a file `.keras`.
        include_optimizer: whether to store how the model is compiled.
        save_format: "keras", "h5" or "tf" (a folder), whatever the file is called, as in Keras 2.

    Raises:
        FileExistsError: the file exists and `overwrite` is False; or it is a folder with other
            files.
        ValueError: another ending or format.
        TypeError: something in the model has no config, such as a lambda.

    Example:

    >>> import tempfile, numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(folder + "/model.keras")
    ...     again = keras.models.load_model(folder + "/model.keras")
    >>> bool((again.predict(np.ones((2, 4)), verbose=0) == model(np.ones((2, 4)))).numpy().all())
    True
    """
    path = Path(filepath)
    kind = _kind(path, zipped, save_format)
    if not model.built:
        warnings.warn(
            f"Model {model.name!r} has no weights yet, because its input shape is not known: only "
            "its config is stored. Build it, or call it on data, before saving.",
            stacklevel=3,
        )
    path = writable_path(path, overwrite)
    if kind == "h5":
        with atomic_file(path) as temporary:
            legacy_files.write(model, temporary, include_optimizer)
        return
    files = _files(model, include_optimizer)
    if kind == "keras":
        with atomic_file(path) as temporary:
            archive.write_archive(temporary, files)
        return
    if path.exists() and not (path.is_dir() and archive.holds_only_a_model(path)):
        raise FileExistsError(f"{path} is not a folder with a model: it is not replaced")
    with atomic_folder(path) as temporary:
        archive.write_folder(temporary, files)


def load_model(
    filepath: str | PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """A model from a file of `model.save`, here or in Keras (also Keras 2, and older).

    It is compiled as it was, and training goes on where it was. What a file is, is told by its
    content. Nothing in a file is ever executed, imported or unpickled.

    Args:
        filepath: `.keras` file, folder with the same files, or `.h5`.
        custom_objects: name -> class or function of yours that is not registered; for a `Lambda`
            layer that holds a Python lambda, name of the layer -> function.
        compile: False leaves the model uncompiled.
        safe_mode: as in Keras; here the code in a file is not run even if it is False.

    Returns:
        The model.

    Raises:
        FileNotFoundError: there is no such file (also a ValueError).
        OSError: it is damaged (also a ValueError).
        ValueError: it is of another kind, or does not hold together.
        TypeError: it needs a class or function that is not known, or arguments that a class does
            not take.

    Example:

    >>> import tempfile, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model.compile("adam", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(folder + "/model.keras")
    ...     keras.models.load_model(folder + "/model.keras").compiled
    True
    """
    path = Path(filepath)
    if not path.exists():
        raise MissingFileError(f"File not found: {path}. There is no such `.keras` or `.h5` file.")
    with reading_a_model(path, custom_objects) as reading:
        if archive.is_archive(path):
            return _load(path, compile, reading)
        if legacy_files.is_hdf5(path):
            return legacy_files.load(path, compile, reading)
        raise ValueError(
            "it is of another kind: a model is a `.keras` file (a zip archive), a folder with the "
            "same files, or an HDF5 file `.h5`"
        )


class MissingFileError(FileNotFoundError, ValueError):
    """There is no such file: for Keras a ValueError."""


def _kind(path: Path, zipped: bool | None, save_format: str | None) -> str:
    if save_format not in (None, "keras", "h5", "tf"):
        raise ValueError(
            f"save_format must be 'keras', 'h5' or 'tf'. Received: save_format={save_format!r}"
        )
    kind = {"tf": "folder", None: None}.get(save_format, save_format)
    if kind is None and path.suffix == ".keras":
        kind = "folder" if zipped is False else "keras"
    if kind is None and path.suffix in _LEGACY:
        kind = "h5"
    if kind is None and (path.suffix == "" or zipped is False):
        kind = "keras" if zipped else "folder"
    if kind is None:
        raise ValueError(
            "a model is saved as `.keras`, or as `.h5` in the format of Keras 2, or as a folder, "
            f"whose name has no ending. Received: {path.name!r}"
        )
    return kind


def _files(model: Any, include_optimizer: bool) -> dict[str, bytes]:
    # A vocabulary is needed to call a layer, so it stands in the config too.
    with shared_objects(_shared_layers(model), self_contained=True):
        form = serialize(model)
    if not include_optimizer:
        form.pop("compile_config", None)
    if '"__lambda__"' in (text := json.dumps(portable(form))):
        warnings.warn(
            "The model has a `Lambda` layer with a Python lambda. To load it, the function is "
            "needed again: `load_model(..., custom_objects={name_of_the_layer: function})`.",
            stacklevel=5,
        )
    files = {
        archive.METADATA: json.dumps(metadata()).encode(),
        archive.CONFIG: text.encode(),
    }
    weights = io.BytesIO()
    write_hdf5(weights, state_of(model, include_optimizer))
    files[archive.WEIGHTS] = weights.getvalue()
    return files | save_assets(model)


def _shared_layers(model: Any) -> dict[int, int]:
    """Layers that are part of more than one model within this one, with a number for each."""
    from pronghorn.models.model import Model

    parents: dict[int, int] = {}
    for part in model._flatten_layers():
        if isinstance(part, Model):
            for layer in {id(layer): layer for layer in part.layers}:
                parents[layer] = parents.get(layer, 0) + 1
    shared = [layer for layer, count in parents.items() if count > 1]
    return {layer: number for number, layer in enumerate(shared, 1)}


def _load(path: Path, compile: bool, reading: Any) -> Any:
    with archive.open_archive(path) as contents:
        data = contents.text(archive.METADATA)
        if data is not None:
            reading.writer = read_json(data, archive.METADATA)
        config = contents.text(archive.CONFIG)
        if config is None:
            raise ValueError(f"it holds no {archive.CONFIG}, so it is not a model")
        form = reading.modern(read_json(config, archive.CONFIG))
        if not compile:
            form.pop("compile_config", None)
        with contents.weights() as arrays:
            reading.limit_weights(arrays)
            model = reading.model_from(form)
            if model.built:
                load_state(model, by_place(arrays))
        load_assets(model, contents)
    return model
