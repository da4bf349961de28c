# SPDX-License-Identifier: Apache-2.0
"""Whole models in HDF5 files, the format of Keras 2, which Keras 3 still knows.

attributes model_config, training_config    JSON texts
model_weights/                              a group for each layer
optimizer_weights/                          the state of the optimizer
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pronghorn._object_form import serialize, shared_objects
from pronghorn.losses.loss import LOSSES
from pronghorn.saving.hdf5 import StoredArray, arrays_in, child, hdf5_file, names_in, text_in
from pronghorn.saving.keras2 import modern_compile_config
from pronghorn.saving.legacy_weights import TOP_LEVEL, group_of, weights_of
from pronghorn.saving.legacy_weights import load as load_weights
from pronghorn.saving.portable import portable
from pronghorn.saving.state import set_optimizer_state, stepped
from pronghorn.saving.text import read_json
from pronghorn.saving.versions import metadata

# HDF5 keeps attributes in headers of at most 64 KiB; Keras splits longer lists at this.
_LONGEST_ATTRIBUTE = 64512


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 files do."""
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def load(path: Path, compile: bool, reading: Any) -> Any:
    """The model in a file; `reading` is what surrounds this.

    Raises:
        ValueError: the file holds no model, or one that does not hold together.
    """
    with hdf5_file(path, path) as file:
        reading.writer = {name: text_in(file, name) for name in metadata() if name in file.attrs}
        config, group = text_in(file, "model_config"), group_of(file)
        if config is None:
            raise ValueError(
                "it holds no model, since it has no `model_config`. If it holds weights, make the "
                "model and use `model.load_weights`"
            )
        form = reading.modern(read_json(config, "model_config"))
        reading.limit_weights({} if group is None else arrays_in(group))
        model = reading.model_from(form)
        if group is not None and names_in(group, "layer_names"):
            _need_built(model)
            load_weights(model, group)
        for layer in model._flatten_layers():
            if getattr(layer, "lacks_vocabulary", False):
                warnings.warn(
                    f"The file does not hold the vocabulary of layer {layer.name!r}: Keras puts it "
                    "only into `.keras` files. Call the layer's `set_vocabulary`.",
                    stacklevel=4,
                )
        training = text_in(file, "training_config")
        if compile and training is not None:
            config = read_json(training, "training_config")
            _compile(model, config, file)
    return model


def _need_built(model: Any) -> None:
    if not model.built:
        raise ValueError(
            f"the weights of {model.name!r} cannot be made: the file does not tell the shape of "
            "its input. Make the model, call it on data, and use `model.load_weights`"
        )


def _compile(model: Any, training: Mapping[str, Any], file: Any) -> None:
    model.compile_from_config(modern_compile_config(training))
    state = child(file, "optimizer_weights")
    names = [] if state is None else names_in(state, "weight_names") or []
    datasets = [child(state, name) for name in names]
    if not model.built or not datasets:
        return
    if any(not hasattr(dataset, "shape") for dataset in datasets):
        warnings.warn("The state of the optimizer is not complete: it starts afresh.", stacklevel=5)
        return
    name = training["optimizer_config"].get("class_name", "")
    is_new = "Custom>" in name or any("learning_rate" in weight for weight in names[:2])
    version = text_in(file, "keras_version") or ""
    legacy = version.startswith("2.") and not is_new
    set_optimizer_state(model, [StoredArray(dataset) for dataset in datasets], legacy)


def write(model: Any, path: Path, include_optimizer: bool = True) -> None:
    """Write a model to a new file."""
    import h5py

    with shared_objects(self_contained=True):
        form = portable(serialize(model))
    training = form.get("compile_config") if include_optimizer else None
    with h5py.File(path, "w") as file:
        file.attrs.update(metadata() | {"backend": "tensorflow"})
        config = legacy_form(form) | {"class_name": type(model).__name__}
        file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group("model_weights")
        weights.attrs.update(
            {"backend": "tensorflow", "keras_version": metadata()["keras_version"]}
        )
        _write_names(weights, "layer_names", [layer.name for layer in model.layers])
        for layer in sorted(model.layers, key=lambda layer: layer.name):
            _write_group(weights.create_group(layer.name), weights_of(layer))
        _write_group(weights.create_group(TOP_LEVEL), model._own_weights())
        if training:
            file.attrs["training_config"] = json.dumps(_training_config(training))
            _write_group(file.create_group("optimizer_weights"), stepped(model).variables)


def legacy_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """A layer or model as `class_name` and `config`; what its arguments are stays as it is."""
    config = form["config"]
    if isinstance(config, Mapping) and isinstance(config.get("layers"), list):
        graph = ("name", "inbound_nodes")
        layers = [
            legacy_form(layer) | {key: layer[key] for key in graph if key in layer}
            for layer in config["layers"]
        ]
        config = {**config, "layers": layers}
    if _needs_module(form):
        return {**form, "config": config}
    return {"class_name": form.get("registered_name") or form["class_name"], "config": config}


def _needs_module(form: Mapping[str, Any]) -> bool:
    """Whether Keras reads an entry only in the form of Keras 3: in the old one it finds no ops, and
    forgets an axis that is a list."""
    is_op = str(form.get("module")).startswith("keras.src.ops.")
    return is_op or isinstance(form["config"].get("axis"), list)


def _training_config(config: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = config["optimizer"]
    training = {key: value for key, value in config.items() if key != "optimizer"}
    training["loss"] = _full_names(training.get("loss"))
    name = optimizer.get("registered_name") or optimizer["class_name"]
    return training | {"optimizer_config": {"class_name": name, "config": optimizer["config"]}}


def _full_names(loss: Any) -> Any:
    """ "mse" as "mean_squared_error": from this format Keras does not read the short names."""
    if isinstance(loss, list):
        return [_full_names(item) for item in loss]
    if isinstance(loss, Mapping) and "class_name" not in loss:
        return {key: _full_names(value) for key, value in loss.items()}
    if not isinstance(loss, str) or loss.lower() in ("crossentropy", "ce"):
        return loss
    return LOSSES.find(loss).__name__


def _write_group(group: Any, variables: Sequence[Any]) -> None:
    names: list[str] = []
    for variable in variables:
        name, number = variable.path, 0
        while name in names:  # names of the user's layers may repeat
            number += 1
            name = f"{variable.path}_{number}"
        names.append(name)
        group[name] = variable.numpy()
    _write_names(group, "weight_names", names)


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    import h5py

    kind = h5py.string_dtype()
    longest = max((len(name.encode()) for name in names), default=1)
    each = max(1, _LONGEST_ATTRIBUTE // max(longest, 16))
    pieces = [names[i : i + each] for i in range(0, len(names), each)]
    if len(pieces) <= 1:
        group.attrs[attribute] = np.array(names, dtype=kind)
        return
    for number, piece in enumerate(pieces):
        group.attrs[f"{attribute}{number}"] = np.array(piece, dtype=kind)
