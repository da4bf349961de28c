# SPDX-License-Identifier: Apache-2.0
"""Weights files: our own round trip, files of real Keras, and nothing changed by a bad file."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers


def _model(units: int = 5):
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(units, activation="relu"), layers.Dense(2)]
    )


@pytest.mark.parametrize("name", ["a.weights.h5", "a.h5", "a.npz"])
def test_weights_and_optimizer_come_back(name: str, tmp_path) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 40, 4))
    model = _model()
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(x, y[:, :2], epochs=2, verbose=0, shuffle=False)
    model.save_weights(tmp_path / name)
    twin = _model()
    twin.compile(keras.optimizers.Adam(0.01), "mse")
    twin.load_weights(tmp_path / name)
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
    for m in (model, twin):
        m.fit(x, y[:, :2], epochs=1, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [p.name for p in tmp_path.iterdir()] == [name]  # nothing temporary is left


def _assert_weights_of_keras(model, recorded) -> None:
    expected = [recorded[k] for k in sorted(k for k in recorded if k.startswith("w0_"))]
    for got, want in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_sequential_file_of_keras_is_read(fixture_path) -> None:
    model = keras.Sequential(
        [
            keras.Input((4, 4)),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(6, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.load_weights(fixture_path("keras/01_seq_mnist.weights.h5"))
    _assert_weights_of_keras(model, np.load(fixture_path("keras/01_seq_mnist.npz")))


def test_a_functional_file_of_keras_is_read(fixture_path) -> None:
    a, b = keras.Input((5,), name="wide_input"), keras.Input((6,), name="deep_input")
    h = layers.Dense(7, activation="relu", name="hidden1")(b)
    h = layers.Dense(7, activation="relu", name="hidden2")(h)
    main = layers.Dense(1, name="main_output")(layers.Concatenate()([a, h]))
    model = keras.Model([a, b], [main, layers.Dense(1, name="aux_output")(h)])
    model.load_weights(fixture_path("keras/02_func_wide_deep.weights.h5"))
    _assert_weights_of_keras(model, np.load(fixture_path("keras/02_func_wide_deep.npz")))


class BatchStatistics(layers.Layer):
    """The weights of batch normalization, in Keras's order of creation."""

    def build(self, input_shape) -> None:
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            trainable = not name.startswith("moving")
            setattr(self, name, self.add_weight(input_shape[-1:], trainable=trainable, name=name))

    def call(self, x):
        return x * self.gamma + self.beta


BatchStatistics.__name__ = "BatchNormalization"  # files count layers by class


class WideAndDeep(keras.Model):
    """Attributes before and after "layers" in the alphabet, which decides their path in files."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden1 = layers.Dense(5, activation="relu")
        self.hidden2 = layers.Dense(5, activation="relu")
        self.out_main = layers.Dense(1)
        self.aux_output = layers.Dense(1)
        self.tail = [
            layers.Dense(3, activation="tanh"),
            [layers.Dense(2, use_bias=False)],
            {"k": BatchStatistics()},
        ]

    def call(self, inputs):
        wide, deep = inputs
        h = self.hidden2(self.hidden1(deep))
        t = self.tail[1][0](self.tail[0](layers.concatenate([wide, h])))
        return self.out_main(self.tail[2]["k"](t)), self.aux_output(h)


def test_a_subclass_file_of_keras_is_read(fixture_path) -> None:
    recorded = np.load(fixture_path("keras/05_sub_wide_deep.npz"))
    model = WideAndDeep()
    model((recorded["x0"], recorded["x1"]))
    model.load_weights(fixture_path("keras/05_sub_wide_deep.weights.h5"))
    _assert_weights_of_keras(model, recorded)


def test_a_link_stays_a_link(tmp_path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "latest.npz").symlink_to(tmp_path / "run" / "weights.npz")
    _model().save_weights(tmp_path / "latest.npz")
    assert (tmp_path / "latest.npz").is_symlink()
    assert (tmp_path / "run" / "weights.npz").is_file()


def test_what_does_not_fit_is_not_read(tmp_path) -> None:
    import h5py

    path = tmp_path / "huge.weights.h5"
    model = _model()
    model.save_weights(path)
    with h5py.File(path, "a") as file:  # 256 GiB that take no space
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (1 << 20, 1 << 16), "f4", chunks=(1024, 1024))
    with pytest.raises(ValueError, match=r"\(1048576, 65536\) claims \d+ bytes"):
        model.load_weights(path)
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/secret")
    with pytest.raises(ValueError, match="expects 2 weights"):
        model.load_weights(path)


@pytest.mark.parametrize("name", ["a.weights.h5", "a.npz"])
def test_a_file_that_does_not_fit_changes_nothing(name: str, tmp_path) -> None:
    _model(7).save_weights(tmp_path / name)
    model = _model(5)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"kernel.*\(4, 5\).*\(4, 7\)"):
        model.load_weights(tmp_path / name)
    deeper = keras.Sequential([keras.Input((4,)), *(layers.Dense(7) for _ in range(3))])
    with pytest.raises(ValueError, match="expects 2 weights|has shape"):
        deeper.load_weights(tmp_path / name)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.warns(UserWarning, match="skipped"):
        model.load_weights(tmp_path / name, skip_mismatch=True)


def test_bad_files_are_clear_errors(tmp_path) -> None:
    model = _model()
    for name in ("broken.h5", "broken.npz"):
        (tmp_path / name).write_bytes(b"not a weights file")
        with pytest.raises(ValueError, match="not a readable"):
            model.load_weights(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        model.load_weights(tmp_path / "missing.h5")
    with pytest.raises(FileNotFoundError, match="no folder"):
        model.save_weights(tmp_path / "nowhere" / "a.h5")
    with pytest.raises(ValueError, match=r"\.weights\.h5"):
        model.save_weights(tmp_path / "weights.txt")
    with pytest.raises(ValueError, match="Build it first"):
        keras.Sequential([layers.Dense(1)]).save_weights(tmp_path / "a.h5")
    model.save_weights(tmp_path / "a.h5")
    with pytest.raises(FileExistsError):
        model.save_weights(tmp_path / "a.h5", overwrite=False)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.npz"
    model = _model()
    model.save_weights(path)
    old = path.read_bytes()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        model.save_weights(path)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
