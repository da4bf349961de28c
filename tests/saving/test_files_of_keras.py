# SPDX-License-Identifier: Apache-2.0
"""Files of real Keras: the models predict what Keras predicted, and train on as they did there.

The tolerance is that within which the recordings agree between the backends of Keras.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import pronghorn as keras
from pronghorn.saving.registry import get_custom_objects
from tests.saving.recorded import Recorded, assert_close, register_classes

MODELS = [
    "01_seq_mnist",
    "02_func_wide_deep",
    "03_seq_bn_reg",
    "04_seq_noise",
    "05_sub_wide_deep",
    "06_func_nested_shared",
    "07_seq_activations",
    "08_func_merge",
    "09_func_preproc",
    "10_seq_layernorm",
    "11_seq_delayed",
    "14_func_frozen",
    "15_custom_layer",
    "17_seq_uncompiled",
    "18_sample_weight",
    "19_binary_metrics",
    "20_class_weight",
    "31_jax_func_wide_deep",
    "32_jax_sub_wide_deep",
]


@pytest.fixture(autouse=True)
def _classes_of_the_recordings():
    kept = dict(get_custom_objects())
    register_classes(keras.saving.register_keras_serializable)
    yield
    get_custom_objects().clear()
    get_custom_objects().update(kept)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_model_predicts_what_it_did_in_keras(name, ending, fixture_path):
    recorded = Recorded(fixture_path(f"keras/{name}.npz"))
    path = fixture_path(f"keras/{name}{ending}")
    if (name, ending) == ("05_sub_wide_deep", ".h5"):
        with pytest.raises(ValueError, match="does not tell the shape of its input"):
            keras.models.load_model(path)
        return
    model = keras.models.load_model(path)
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred0_"), 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_trained_model_trains_on_as_it_did_in_keras(name, fixture_path):
    recorded = Recorded(fixture_path(f"keras/{name}.npz"))
    model = keras.models.load_model(fixture_path(f"keras/{name}_trained.keras"))
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred1_"), 1e-6)
    history = model.fit(recorded.x(), recorded.y(), verbose=0, **recorded.fit_arguments()).history
    assert_close(model.get_weights(), recorded.numbered("w2_"), 1e-5)
    for key, values in recorded.meta["history_resumed"].items():
        # Keras gives both losses of a model without names for its outputs the same key.
        if key != "mse_loss" or "sub" not in name:
            assert_close(history[key], values, 1e-5)


FOLDER = Path(__file__).parents[1] / "fixtures" / "keras" / "optimizers"
OPTIMIZERS = sorted(path.stem for path in FOLDER.glob("*.npz") if path.stem != "common")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_on_as_it_did_in_keras(name, fixture_path):
    folder = "keras/optimizers/"
    recorded = Recorded(fixture_path(f"{folder}{name}.npz"), fixture_path(f"{folder}common.npz"))
    model = keras.models.load_model(fixture_path(f"{folder}{name}_trained.keras"))
    model.fit(recorded.x(), recorded.y(), verbose=0, **recorded.fit_arguments())
    # Keras's own backends differ by this much for Muon.
    assert_close(model.get_weights(), recorded.numbered("w2_"), 2e-5 if name == "muon" else 1e-5)


def test_code_in_a_file_is_refused(fixture_path):
    with pytest.raises(ValueError, match="bytecode"):
        keras.models.load_model(fixture_path("keras/16_lambda.keras"))


def test_members_may_be_compressed_and_in_any_order(fixture_path, tmp_path):
    path = fixture_path("keras/01_seq_mnist_trained.keras")
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(tmp_path / "again.keras", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in reversed(old.namelist()):
            if name != "metadata.json":
                new.writestr(name, old.read(name))
    recorded = Recorded(fixture_path("keras/01_seq_mnist.npz"))
    model = keras.models.load_model(tmp_path / "again.keras")
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred1_"), 1e-6)
