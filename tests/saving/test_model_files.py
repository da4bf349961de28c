# SPDX-License-Identifier: Apache-2.0
"""Whole models there and back, the arguments of `save` and `load_model`, and atomic writes."""

from __future__ import annotations

import json
import zipfile

import h5py
import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers
from pronghorn.saving.registry import get_custom_objects

ENDINGS = [".keras", ".h5", ""]


def tiny(**arguments):
    hidden = layers.Dense(5, activation="tanh", kernel_regularizer="l2")
    return keras.Sequential([keras.Input((4,)), hidden, layers.Dense(2)], **arguments)


def branches():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, "relu")
    x = layers.BatchNormalization()(layers.concatenate([shared(a), shared(b) * 2.0]))
    inner = keras.Sequential([layers.Dense(3), layers.BatchNormalization()])
    return keras.Model({"a": a, "b": b}, [layers.Dense(1)(inner(x)), x[:, :2]])


def data(model):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 4))
    if isinstance(model, keras.Sequential):
        return x, rng.normal(size=(20, 2))
    return {"a": x, "b": -x}, [rng.normal(size=(20, 1)), rng.normal(size=(20, 2))]


@pytest.fixture
def clean_registry():
    kept = dict(get_custom_objects())
    yield
    get_custom_objects().clear()
    get_custom_objects().update(kept)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("make", [tiny, branches])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "nadam"])
def test_training_goes_on_to_the_same_bits(make, optimizer, ending, tmp_path):
    model = make()
    x, y = data(model)
    loss = "mse" if make is tiny else ["mse", "mae"]
    model.compile(optimizer, loss, metrics=["mae"] if make is tiny else None)
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    path = tmp_path / f"model{ending}"
    model.save(path)
    again = keras.models.load_model(path)
    assert type(again) is type(model)
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for one in (model, again):
        one.history = one.fit(x, y, epochs=2, verbose=0, shuffle=False)
    assert again.history.history == model.history.history
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # nothing temporary is left


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_not_compiled_comes_back_uncompiled(ending, tmp_path):
    path = tmp_path / f"model{ending}"
    model = tiny(name="plain")
    model.save(path)
    assert not keras.models.load_model(path).compiled
    model.compile("adam", "mse")
    model.save(path)
    again = keras.models.load_model(path)
    assert (again.name, again.compiled) == ("plain", True)
    assert not keras.models.load_model(path, compile=False).compiled
    model.save(path, include_optimizer=False)
    assert not keras.models.load_model(path).compiled


@pytest.mark.parametrize(
    ("name", "arguments", "is_folder", "magic"),
    [
        ("a.keras", {}, False, b"PK"),
        ("a.keras", {"zipped": False}, True, None),
        ("a.h5", {}, False, b"\x89H"),
        ("a.hdf5", {}, False, b"\x89H"),
        ("folder", {}, True, None),
        ("folder", {"save_format": "tf"}, True, None),
        ("a.model", {"save_format": "h5"}, False, b"\x89H"),
        ("a", {"save_format": "keras"}, False, b"PK"),
        ("a", {"zipped": True}, False, b"PK"),
    ],
)
def test_names_and_arguments_choose_the_format(name, arguments, is_folder, magic, tmp_path):
    model, path = tiny(), tmp_path / name
    keras.models.save_model(model, path, **arguments)
    assert path.is_dir() == is_folder
    if is_folder:
        assert sorted(p.name for p in path.iterdir()) == [
            "config.json",
            "metadata.json",
            "model.weights.h5",
        ]
    else:
        assert path.read_bytes()[:2] == magic
    again = keras.saving.load_model(path)
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    other = tiny()
    other.load_weights(path) if path.suffix != ".model" else None
    if path.suffix != ".model":
        np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_bad_names_and_arguments_are_clear_errors(tmp_path):
    model = tiny()
    with pytest.raises(ValueError, match=r"\.keras.*Received: 'a\.txt'"):
        model.save(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="save_format='onnx'"):
        model.save(tmp_path / "a.keras", save_format="onnx")
    model.save(tmp_path / "a.keras")
    with pytest.raises(FileExistsError, match="overwrite=False"):
        model.save(tmp_path / "a.keras", overwrite=False)
    with pytest.raises(FileNotFoundError, match="no folder"):
        model.save(tmp_path / "nowhere" / "a.keras")
    for error in (FileNotFoundError, ValueError):
        with pytest.raises(error, match="File not found"):
            keras.models.load_model(tmp_path / "b.keras")
    (tmp_path / "c.keras").write_bytes(b"something else")
    with pytest.raises(ValueError, match="of another kind"):
        keras.models.load_model(tmp_path / "c.keras")
    model.save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(ValueError, match="no `model_config`"):
        keras.models.load_model(tmp_path / "only.weights.h5")
    with pytest.warns(UserWarning, match="no weights yet"):
        keras.Sequential([layers.Dense(2)]).save(tmp_path / "unbuilt.keras")
    assert not keras.models.load_model(tmp_path / "unbuilt.keras").built


@pytest.mark.parametrize("name", ["cp.ckpt", "checkpoint", "w.weights.h5", "w.h5", "w.npz"])
def test_weights_files_may_be_called_as_in_books(name, tmp_path):
    model, other = tiny(), tiny()
    model.save_weights(str(tmp_path / name))
    keras.saving.load_weights(other, tmp_path / name)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_in_several_files(tmp_path):
    model, other = branches(), branches()
    model.compile("adam", ["mse", "mae"])
    model.save_weights(tmp_path / "n.weights.json", max_shard_size=100 / 2**30)
    assert (tmp_path / "n_00003.weights.h5").exists()
    other.load_weights(tmp_path / "n.weights.json")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="more than max_shard_size"):
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=10 / 2**30)
    (tmp_path / "n_00003.weights.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"n_00003\.weights\.h5"):
        other.load_weights(tmp_path / "n.weights.json")
    index = json.loads((tmp_path / "n.weights.json").read_text())
    index["weight_map"]["/vars"] = "../outside.h5"
    (tmp_path / "n.weights.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="not beside it"):
        other.load_weights(tmp_path / "n.weights.json")


# -- classes of the user ---------------------------------------------------------------------------


class Scaled(keras.Model):
    """Keeps its arguments under other names, and has no `get_config`."""

    def __init__(self, units, factor=1.0):
        super().__init__()
        self.body = [layers.Dense(units), layers.Dense(1)]
        self._f = factor

    def call(self, x):
        return self._f * self.body[1](self.body[0](x))


def test_a_subclass_without_a_config_keeps_its_arguments(tmp_path):
    model, x = Scaled(3, factor=2.5), np.ones((2, 4))
    before = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    with pytest.raises(TypeError, match="'Scaled'"):
        keras.models.load_model(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Scaled": Scaled})
    np.testing.assert_array_equal(again.predict(x, verbose=0), before)


class Counting(layers.Layer):
    """State that is not a weight, in the file by methods of its own."""

    def __init__(self, fails=False, **kwargs):
        super().__init__(**kwargs)
        self.seen, self.fails = np.zeros(3), fails

    def build(self, input_shape):
        self.shape_of_input = tuple(input_shape)
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale

    def get_build_config(self):
        return {"mine": list(self.shape_of_input)}

    def build_from_config(self, config):
        self.build(config["mine"])
        self.built = True

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seen"] = self.seen

    def load_own_variables(self, store):
        self.scale.assign(store["0"])
        if self.fails:
            raise RuntimeError("half-way")
        self.seen = store["seen"]


@pytest.mark.usefixtures("clean_registry")
def test_state_of_the_user_is_stored_by_methods_of_the_user(tmp_path):
    keras.saving.register_keras_serializable()(Counting)
    model = keras.Sequential([keras.Input((2,)), Counting(), layers.Dense(1)])
    model.layers[0].seen = np.arange(3.0)
    model.layers[0].scale.assign(5.0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[0].seen.tolist() == [0, 1, 2]
    assert float(again.layers[0].scale) == 5

    other = keras.Sequential([keras.Input((2,)), Counting(fails=True), layers.Dense(1)])
    before = other.get_weights()
    with pytest.raises(ValueError, match="half-way"):
        other.load_weights(tmp_path / "m.keras")
    for a, b in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_layer_in_two_models_is_one_again(tmp_path):
    shared, i, j = layers.Dense(3, name="shared"), keras.Input((4,)), keras.Input((4,))
    one, two = keras.Model(i, shared(i)), keras.Model(j, layers.Dense(2)(shared(j)))
    x = keras.Input((4,))
    model = keras.Model(x, layers.concatenate([one(x), two(x)]))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert len(again.weights) == len(model.weights) == 4
    # Keras finds the call of the second model if it is told how many came before.
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config = json.loads(archive.read("config.json"))["config"]
    nested = [entry["config"] for entry in config["layers"] if entry["class_name"] == "Functional"]
    of_dense = nested[1]["layers"][-1]["inbound_nodes"][0]["args"][0]
    assert of_dense["config"]["keras_history"] == ["shared", 1, 0]
    assert nested[0]["output_layers"] == [["shared", 0, 0]]
    same = np.ones((2, 4))
    np.testing.assert_array_equal(again.predict(same, verbose=0), model.predict(same, verbose=0))


def test_h5_has_in_the_form_of_keras_3_what_keras_cannot_read_in_the_old_one(tmp_path):
    i = keras.Input((3, 4))
    x = layers.LayerNormalization(axis=[1, 2], name="n")(keras.ops.exp(i))
    keras.Model(i, layers.Dense(2, name="d")(x)).save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        entries = json.loads(file.attrs["model_config"])["config"]["layers"]
    modules = [entry.get("module") for entry in entries]
    assert modules == [None, "keras.src.ops.numpy", "keras.layers", None]
    again = keras.models.load_model(tmp_path / "m.h5")
    assert again.get_layer("n").gamma.shape == (3, 4)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_what_preprocessing_learned_is_in_the_file(ending, tmp_path):
    numbers = layers.Normalization()
    numbers.adapt(np.array([[1.0, 2.0], [3.0, 6.0]]))
    bins = layers.Discretization(num_bins=3, output_mode="one_hot")
    bins.adapt(np.arange(20.0)[:, None])
    ids = layers.IntegerLookup(output_mode="one_hot")
    ids.adapt(np.array([[7], [7], [9]]))
    x, k = keras.Input((2,)), keras.Input((1,), dtype="int64")
    model = keras.Model([x, k], layers.concatenate([numbers(x), bins(x[:, :1]), ids(k)]))
    model.save(tmp_path / f"m{ending}")
    again = keras.models.load_model(tmp_path / f"m{ending}")
    data = [np.array([[1.0, 2.0], [15.0, 4.0]]), np.array([[9], [4]])]
    np.testing.assert_array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))


# -- who wrote it ----------------------------------------------------------------------------------


def changed(path, name, change):
    """The same archive with one JSON member changed."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    value = json.loads(members[name])
    change(value)
    members[name] = json.dumps(value).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


@pytest.mark.parametrize("key", ["pronghorn_version", "keras_version"])
def test_a_file_from_the_future_says_so(key, tmp_path):
    path = tmp_path / "m.keras"
    tiny().save(path)
    with zipfile.ZipFile(path) as archive:
        written = json.loads(archive.read("metadata.json"))
    assert written["pronghorn_version"] == keras.__version__
    changed(path, "metadata.json", lambda m: m.update({key: "99.1"}))
    with pytest.warns(UserWarning, match=r"written by \w+ 99\.1, and.*pronghorn 0\.1\.0"):
        keras.models.load_model(path)
    changed(path, "config.json", lambda c: c["config"]["layers"][1].update(class_name="Denser"))
    with pytest.raises(ValueError, match=r"Denser.*99\.1, and.*pronghorn 0\.1\.0"):
        keras.models.load_model(path)


def test_an_error_names_the_file_and_the_layer(tmp_path):
    path = tmp_path / "m.keras"
    tiny().save(path)
    changed(path, "config.json", lambda c: c["config"]["layers"][2]["config"].update(units=-3))
    with pytest.raises(ValueError, match=r"m\.keras cannot be loaded: Dense 'dense_\d*'.*units=-3"):
        keras.models.load_model(path)


# -- half-written files ----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failed_write_leaves_the_old_model(ending, tmp_path, monkeypatch):
    path = tmp_path / f"m{ending}"
    tiny(name="old").save(path)

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(h5py.Group, "__setitem__", fail)
    with pytest.raises(OSError, match="disk full"):
        tiny(name="new").save(path)
    monkeypatch.undo()
    assert keras.models.load_model(path).name == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    tiny().save(folder)  # nothing is lost
    tiny().save(folder)
    (folder / "thesis.txt").write_text("all of it")
    with pytest.raises(FileExistsError, match="not replaced"):
        tiny().save(folder)
    assert (folder / "thesis.txt").read_text() == "all of it"
