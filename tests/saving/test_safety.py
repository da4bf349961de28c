# SPDX-License-Identifier: Apache-2.0
"""Files made to do harm: nothing is run, written elsewhere, or allowed to fill the memory."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers
from tests.saving import fuzz


def saved(path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.save(path)
    return path


def with_config(path, change):
    """The archive of a model with another config."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    members["config.json"] = json.dumps(change(config) or config).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def layer(config, number):
    return config["config"]["layers"][number]["config"]


def refused(path, message, error=ValueError, megabytes=150):
    tracemalloc.start()
    try:
        with pytest.raises(error, match=message):
            keras.models.load_model(path)
        assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    finally:
        tracemalloc.stop()


def test_absurd_sizes_are_found_before_memory_is_taken(tmp_path):
    def wide(config):
        layer(config, 1)["units"] = 10**12

    refused(with_config(saved(tmp_path / "a.keras"), wide), "larger than what the file holds")

    def long(config):
        layer(config, 0)["batch_shape"] = [None, 10**12]
        config["config"]["build_input_shape"] = [None, 10**12]

    refused(with_config(saved(tmp_path / "b.keras"), long), "larger than what the file holds")


def test_compressed_bombs_are_refused(tmp_path):
    path = saved(tmp_path / "a.keras")
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("config.json", "w") as member:
            for _ in range(80):
                member.write(b" " * (1 << 20))
        archive.writestr("model.weights.h5", weights)
    refused(path, "would be 83886080 bytes long")
    saved(tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5", "a") as file:
        group = file["model_weights"]
        name = next(n for n in group if "dense" in n)
        inner = group[name].attrs["weight_names"][0]
        del group[name][inner]
        shape = (1 << 20, 1 << 16)
        group[name].create_dataset(inner, shape, "f4", chunks=(1 << 10, 1 << 10))
    refused(tmp_path / "b.h5", "claims 274877906944 bytes, of which 0 are stored")


def test_names_that_lead_out_of_the_archive_lead_nowhere(tmp_path):
    path = saved(tmp_path / "a.keras")
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../evil.txt", "/tmp/evil.txt", "assets/../../evil.txt"):
            archive.writestr(name, "x")
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    keras.models.load_model(path)
    assert not list(tmp_path.rglob("evil*"))


def test_deep_and_cyclic_configs_are_clear_errors(tmp_path):
    path = saved(tmp_path / "a.keras")
    refused(with_config(path, lambda c: c.update(config=fuzz.deep(300))), "nested too deeply")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "[" * 20_000 + "]" * 20_000)
    refused(path, "nested too deeply: 20000 levels")

    i = keras.Input((3,))
    x = layers.Dense(3, name="one")(i)
    keras.Model(i, layers.Dense(3, name="two")(x)).save(path)

    def cyclic(config):
        entry = next(e for e in config["config"]["layers"] if e["name"] == "one")
        entry["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["two", 0, 0]

    refused(with_config(path, cyclic), r"nothing makes: \['one', 'two'\]")


@pytest.mark.parametrize(
    ("form", "error", "message"),
    [
        ({"module": "os", "class_name": "system", "config": {"command": "x"}}, TypeError, "'os'"),
        ({"module": "builtins", "class_name": "function", "config": "eval"}, TypeError, "'eval'"),
        ({"module": "keras.models", "class_name": "load_model", "config": {}}, ValueError, "load"),
        ({"class_name": "__lambda__", "config": {"value": ["4wEA"]}}, ValueError, "bytecode"),
        (
            {"module": "keras.src.ops.numpy", "class_name": "Evil", "config": {}},
            ValueError,
            "'Evil'",
        ),
    ],
)
def test_nothing_is_imported_or_run(form, error, message, tmp_path):
    path = saved(tmp_path / "a.keras")
    refused(
        with_config(path, lambda c: c["config"]["layers"].append(form | {"registered_name": None})),
        message,
        error,
    )


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/"), h5py.SoftLink("/")])
def test_links_are_not_followed(link, tmp_path):
    path = saved(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights"]
        file["model_weights"] = link
    model = keras.models.load_model(path)  # there are no weights in this file
    assert model.built
    with pytest.raises(ValueError, match="expects 2 weights"):
        model.load_weights(path)


def test_data_in_other_files_is_not_read(tmp_path):
    path = tmp_path / "a.weights.h5"
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.save_weights(path)
    (tmp_path / "secret").write_bytes(bytes(1000))
    for kind in ("external", "virtual"):
        with h5py.File(path, "a") as file:
            group = file["layers/dense/vars"]
            del group["1"]
            if kind == "external":
                outside = [(str(tmp_path / "secret"), 0, 1000)]
                group.create_dataset("1", (3,), "f4", external=outside)
            else:
                layout = h5py.VirtualLayout((3,), "f4")
                layout[:] = h5py.VirtualSource(str(tmp_path / "secret"), "x", (3,), "f4")
                group.create_virtual_dataset("1", layout)
        with pytest.raises(ValueError, match="from another file"):
            model.load_weights(path)


def test_objects_in_npz_files_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", **{"layers/dense/vars/0": np.array([print], dtype=object)})
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="not made of numbers"):
        model.load_weights(tmp_path / "a.npz")


@pytest.mark.parametrize("size", [0, 8, (1 << 64) - 16, 5000])
def test_heaps_that_the_hdf5_library_would_follow_for_ever_are_refused(size, tmp_path):
    path = saved(tmp_path / "a.h5")
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")  # signature, version, size; then number, references, size of objects
    free = size in (0, 8)
    data[heap + 16 : heap + 18] = struct.pack("<H", 0 if free else 1)
    data[heap + 24 : heap + 32] = struct.pack("<Q", size)
    path.write_bytes(data)
    refused(path, f"global heap at byte {heap} is damaged", OSError)


def test_damaged_and_forged_files_give_models_or_clear_errors():
    outcomes = fuzz.run(1_000_000, 1_000_200)
    assert outcomes["model"]
    assert outcomes["ValueError"]
    assert outcomes["UnreadableFileError"]
