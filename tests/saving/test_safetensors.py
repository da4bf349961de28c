# SPDX-License-Identifier: Apache-2.0
"""Weights in safetensors files: by path, as they are, read by the package's own loader."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import pronghorn as keras
from pronghorn import layers


def made(units=5, **names):
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(units, name=names.get("first", "first")),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, name="last"),
        ],
        name="model",
    )


def same_weights(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


def test_weights_stand_under_their_paths_in_their_shapes(tmp_path):
    model, path = made(), tmp_path / "w.safetensors"
    model.save_weights(path)
    stored = load_file(path)
    assert stored["model/first/kernel"].shape == (4, 5)
    assert set(stored) == {w.path for w in model.weights}
    for weight in model.weights:
        np.testing.assert_array_equal(stored[weight.path], weight.numpy())
    with safe_open(path, "numpy") as file:
        assert file.metadata()["writer"] == f"pronghorn {keras.__version__}"
        assert json.loads(file.metadata()["order"]) == [w.path for w in model.weights]
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_weights_come_back_by_name_and_under_other_automatic_names_by_order(tmp_path):
    model, path = made(), tmp_path / "w.safetensors"
    model.save_weights(path)
    for twin in (made(), made(first="dense_77")):
        assert not same_weights(model, twin)
        twin.load_weights(path)
        assert same_weights(model, twin)


def test_a_file_of_another_program_is_read_by_name_alone(tmp_path):
    model, path = made(), tmp_path / "w.safetensors"
    arrays = {w.path: np.full(w.shape, i, "float64") for i, w in enumerate(model.weights)}
    save_file(arrays, path)
    model.load_weights(path)
    assert [w.flat[0] for w in model.get_weights()] == list(range(len(arrays)))
    with pytest.raises(ValueError, match="has no weight 'model/dense_9/kernel'"):
        made(first="dense_9").load_weights(path)


def test_two_weights_of_one_path_have_two_names(tmp_path):
    class Twice(layers.Layer):
        def build(self, shape):
            self.weights_of_one_name = [self.add_weight((2,), name="w") for _ in range(2)]

        def call(self, x):
            return x * self.weights_of_one_name[0] + self.weights_of_one_name[1]

    model = keras.Sequential([keras.Input((2,)), Twice(name="twice")], name="m")
    model.save_weights(tmp_path / "w.safetensors")
    assert sorted(load_file(tmp_path / "w.safetensors")) == ["m/twice/w", "m/twice/w_1"]


def test_a_file_that_does_not_fit_changes_nothing(tmp_path):
    path = tmp_path / "w.safetensors"
    made(units=6).save_weights(path)
    model = made()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"has shape \(4, 5\), but the file has \(4, 6\)"):
        model.load_weights(path)
    content = path.read_bytes()
    for bad in (b"", content[:50], content[:-1], b"\xff" * 100):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="not a readable safetensors file"):
            model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_skip_mismatch_takes_what_fits(tmp_path):
    source, path = made(units=6), tmp_path / "w.safetensors"
    source.save_weights(path)
    model = made()
    kernel = model.layers[0].kernel.numpy()
    with pytest.warns(UserWarning, match="skipped"):
        model.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)
    np.testing.assert_array_equal(model.layers[-1].bias, source.layers[-1].bias)


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("pronghorn.saving.safetensors.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pronghorn\[safetensors\]"):
        made().save_weights(tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []
