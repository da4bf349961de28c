# SPDX-License-Identifier: Apache-2.0
"""Files of real Keras: the models predict what Keras predicted, and train on as they did there.

The tolerance is that within which the recordings agree between the backends of Keras.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py
import numpy as np
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


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("name", "tolerance"),
    # Keras computed these in 16 bits: three digits, and two.
    [("12_mixed_float16", 5e-3), ("13_bfloat16", 5e-4)],
)
def test_a_model_in_16_bits_predicts_nearly_what_it_did_in_keras(
    name, tolerance, ending, fixture_path
):
    recorded = Recorded(fixture_path(f"keras/{name}.npz"))
    model = keras.models.load_model(fixture_path(f"keras/{name}{ending}"), compile=False)
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred0_"), tolerance)


@pytest.mark.parametrize("name", [name for name in MODELS if name[0] in "012"])
@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
def test_weights_of_a_file_go_into_a_model_that_is_there(name, ending, fixture_path):
    recorded = Recorded(fixture_path(f"keras/{name}.npz"))
    weights = fixture_path(f"keras/{name}{ending}")
    model = keras.models.load_model(fixture_path(f"keras/{name}.keras"), compile=False)
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape))
    model.load_weights(weights)
    assert_close(model.get_weights(), recorded.numbered("w0_"), 0)


def test_code_in_a_file_is_refused_unless_the_function_is_given(fixture_path):
    path = fixture_path("keras/16_lambda.keras")
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="'lambda' holds a Python lambda as bytecode"):
            keras.models.load_model(path, safe_mode=safe_mode)
    with pytest.warns(UserWarning, match="pass the function itself"):
        keras.config.enable_unsafe_deserialization()
    with pytest.raises(ValueError, match="custom_objects={'lambda': function}"):
        keras.models.load_model(path)
    recorded = Recorded(fixture_path("keras/16_lambda.npz"))
    given = {"lambda": lambda x: x * 2.0 + 1.0}
    model = keras.models.load_model(path, custom_objects=given)
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred0_"), 1e-6)


LEARNT = [
    "model_table",
    "layer_IntegerLookup_masked",
    "layer_IntegerLookup_tf_idf",
    "layer_StringLookup_count",
    "layer_StringLookup_tf_idf",
]


@pytest.mark.parametrize("name", LEARNT)
def test_what_layers_have_learnt_from_data_is_read(name, fixture_path):
    """Written by `exchange.py`: vocabularies stand beside the config in such files."""
    recorded = dict(np.load(fixture_path(f"keras/learnt/{name}.npz")))
    model = keras.models.load_model(fixture_path(f"keras/learnt/{name}.keras"))
    x = [recorded[f"x{i}"] for i in range(3) if f"x{i}" in recorded]
    assert_close(model.predict(x, verbose=0), [recorded["p0"]], 1e-6)


def test_h5_of_keras_holds_no_vocabulary_which_is_told(fixture_path):
    with pytest.warns(UserWarning, match="not hold the vocabulary of layer 'string_lookup"):
        keras.models.load_model(fixture_path("keras/learnt/layer_StringLookup_tf_idf.h5"))


def test_a_folder_is_what_a_file_is(fixture_path):
    recorded = Recorded(fixture_path("keras/01_seq_mnist.npz"))
    model = keras.models.load_model(fixture_path("keras/23_dir"))
    assert_close(model.predict(recorded.x(), verbose=0), recorded.numbered("pred1_"), 1e-6)
    assert model.compiled


def test_weights_in_several_files_are_read(fixture_path):
    recorded = Recorded(fixture_path("keras/01_seq_mnist.npz"))
    model = keras.models.load_model(fixture_path("keras/01_seq_mnist.keras"))
    model.load_weights(fixture_path("keras/22_sharded.weights.json"))
    assert_close(model.get_weights(), recorded.numbered("w1_"), 0)


def test_a_model_that_was_never_built_is_read(fixture_path):
    model = keras.models.load_model(fixture_path("keras/21_seq_unbuilt.keras"))
    assert not model.built
    assert model.predict(np.ones((2, 4)), verbose=0).shape == (2, 1)


# -- older versions --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.5", "3.3.3", "3.6.0", "3.10.0"])
def test_files_of_older_versions_are_read_with_the_state_of_the_optimizer(version, fixture_path):
    def path(name):
        return fixture_path(f"keras/old_keras3/v{version}_{name}")

    recorded = np.load(path("out.npz"))
    for name in ("seq.keras", "seq.h5"):
        model = keras.models.load_model(path(name))
        assert_close(model.predict(recorded["x0"], verbose=0), recorded["seq_pred"], 1e-6)
        state = [float(np.ravel(variable.numpy())[0]) for variable in model.optimizer.variables]
        assert state == list(range(len(state)))  # the recording script filled it so
    outputs = keras.models.load_model(path("func.keras")).predict(recorded["x0"], verbose=0)
    assert_close(outputs, [recorded["func_a"], recorded["func_b"]], 1e-6)


KERAS_2 = ["k2_seq.h5", "k2_seq.keras", "k2_func.h5", "k2_func.keras", "k2_legacy_adam.h5"]


@pytest.mark.parametrize("name", [*KERAS_2, "k1_style_seq.h5"])
def test_files_of_keras_2_and_1_are_read(name, fixture_path):
    path = fixture_path(f"keras/keras2/{name}")
    recorded = dict(np.load(path.with_suffix(".npz")))
    model = keras.models.load_model(path)
    x = [recorded[key] for key in sorted(recorded) if key.startswith("x")]
    predicted = [recorded[key] for key in sorted(recorded) if key.startswith("pred0_")]
    outputs = model.predict(x if len(x) > 1 else x[0], verbose=0)
    assert_close(outputs, predicted, 1e-6)
    assert model.compiled


@pytest.mark.parametrize("name", [name for name in KERAS_2 if name.endswith(".h5")])
def test_the_optimizer_of_keras_2_keeps_its_state(name, fixture_path):
    path = fixture_path(f"keras/keras2/{name}")
    optimizer = keras.models.load_model(path).optimizer
    assert int(optimizer.iterations) > 0
    with h5py.File(path) as file:
        # "Adam/m/dense/kernel:0", or "Adam/dense/kernel/m:0" of the optimizers before
        stored: dict[str, np.ndarray] = {}
        file["optimizer_weights"].visititems(
            lambda name, item: stored.update({name: item[()]}) if hasattr(item, "shape") else None
        )
    slots = {"m": "m", "v": "v", "momentum": "m", "velocity": "v"}
    seen = 0
    for variable, trained in [
        (v, t)
        for t in optimizer._trainable_variables
        for v in optimizer.variables
        if v.path.startswith(f"{optimizer.name}/{t.path.replace('/', '_')}_")
    ]:
        slot = slots[variable.name.removeprefix(f"{trained.path.replace('/', '_')}_")]
        weight = "/".join(trained.path.split("/")[-2:])  # layer and weight
        (expected,) = (
            array
            for key, array in stored.items()
            if f"/{weight}" in f"/{key}" and f"/{slot}" in key and array.shape == variable.shape
        )
        np.testing.assert_array_equal(variable.numpy(), expected)
        seen += 1
    assert seen >= len(optimizer._trainable_variables)


def test_what_keras_2_says_about_training_is_kept(fixture_path):
    folder = "keras/keras2/"
    sgd = keras.models.load_model(fixture_path(folder + "k2_seq.h5")).optimizer
    assert (float(sgd.learning_rate), sgd.momentum) == (np.float32(0.1), 0.9)
    adam = keras.models.load_model(fixture_path(folder + "k2_legacy_adam.h5")).optimizer
    # lr / (1 + decay * iteration), after one step
    assert float(adam.learning_rate) == pytest.approx(0.01 / 1.001)
    old = keras.models.load_model(fixture_path(folder + "k1_style_seq.h5")).optimizer
    assert (float(old.learning_rate), old.nesterov) == (np.float32(0.05), True)
    model = keras.models.load_model(fixture_path(folder + "k2_func.h5"))
    x, y = [np.ones((3, 5)), np.ones((3, 6))], [np.ones((3, 1)), np.ones((3, 1))]
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(logs) == ["loss", "o1_loss", "o1_mse", "o2_loss"]


@pytest.mark.parametrize(
    "name", ["k2_seq.weights.h5", "k2_seq_weights_only.h5", "k2_seq.h5", "k2_seq.keras"]
)
def test_weights_of_keras_2_are_read(name, fixture_path):
    recorded = np.load(fixture_path("keras/keras2/k2_seq.npz"))
    model = keras.models.load_model(fixture_path("keras/keras2/k2_seq.h5"), compile=False)
    model = keras.models.clone_model(model)
    model.load_weights(fixture_path(f"keras/keras2/{name}"))
    assert_close(model.predict(recorded["x0"], verbose=0), recorded["pred0_0"], 1e-6)


def test_a_file_written_by_hand_for_every_keras_3_is_read(fixture_path):
    recorded = np.load(fixture_path("keras/26_portable_hand.npz"))
    model = keras.models.load_model(fixture_path("keras/26_portable_hand.keras"))
    outputs = model.predict(recorded["x0"], verbose=0)
    assert_close(outputs, [recorded["pred_f"], recorded["pred_s"]], 1e-6)


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
