# SPDX-License-Identifier: Apache-2.0
"""What ModelCheckpoint writes, and when. (`test_keras_behaviour.py` compares it with Keras.)"""

from __future__ import annotations

import copy

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.callbacks import CallbackList, ModelCheckpoint

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(axis=1)


def model_with(rate=0.1):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


def weights_only(folder, name="{epoch}", **arguments):
    return ModelCheckpoint(folder / f"{name}.weights.h5", save_weights_only=True, **arguments)


def fit(model, *callbacks, **arguments):
    return model.fit(
        X, Y, batch_size=4, shuffle=False, verbose=0, callbacks=list(callbacks), **arguments
    )


def test_a_checkpoint_holds_the_weights_of_its_epoch_and_the_state_of_the_optimizer(tmp_path):
    seen = []
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.get_weights())
    )
    model = model_with()
    fit(model, weights_only(tmp_path), look, epochs=3)
    for epoch, weights in enumerate(seen, 1):
        other = model_with()
        other.load_weights(tmp_path / f"{epoch}.weights.h5")
        for ours, theirs in zip(other.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert int(other.optimizer.iterations) == 3 * epoch


def test_the_best_value_survives_into_a_second_fit(tmp_path):
    callback = weights_only(tmp_path, "best", monitor="loss", save_best_only=True)
    model = model_with(0.0)
    fit(model, callback)
    best = callback.best
    written = (tmp_path / "best.weights.h5").stat().st_mtime_ns
    fit(model, callback)  # the same loss again: no improvement
    assert callback.best == best
    assert (tmp_path / "best.weights.h5").stat().st_mtime_ns == written


@pytest.mark.filterwarnings("ignore:The loss is NaN")
def test_nan_is_never_the_best(tmp_path):
    callback = weights_only(tmp_path, monitor="loss", save_best_only=True)
    model_with().fit(X * np.nan, Y, verbose=0, callbacks=[callback])
    assert callback.best is None
    assert list(tmp_path.iterdir()) == []


def test_without_the_monitored_value_it_warns_and_saves(tmp_path):
    with pytest.warns(UserWarning, match="val_loss"):
        fit(model_with(), weights_only(tmp_path, save_best_only=True))
    assert (tmp_path / "1.weights.h5").exists()


def test_only_saving_by_batches_brings_the_loop_back_after_each_batch(tmp_path):
    def needs_batches(**arguments):
        return CallbackList(weights_only(tmp_path, **arguments)).needs_batches("train")

    assert not needs_batches()
    assert needs_batches(save_freq=2)


def test_batches_are_counted_across_epochs(tmp_path):
    fit(model_with(), weights_only(tmp_path, "{epoch}_{batch}", save_freq=2), epochs=3)
    names = sorted(path.name.partition(".")[0] for path in tmp_path.iterdir())
    assert names == ["1_2", "2_1", "2_3", "3_2"]  # three batches in an epoch


def test_a_copy_saves_by_its_own_count(tmp_path):
    callback = weights_only(tmp_path, "{epoch}_{batch}", save_freq=2)
    twin = copy.deepcopy(callback)
    fit(model_with(), twin)
    assert twin.model is not None
    assert callback.model is None


def test_whole_models_go_through_save(tmp_path):
    saved = []

    class Saves(keras.Sequential):
        def save(self, path, overwrite):
            saved.append((path, overwrite))

    model = Saves([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    fit(model, ModelCheckpoint(f"{tmp_path}/{{epoch}}.keras"), epochs=2)
    assert saved == [(f"{tmp_path}/1.keras", True), (f"{tmp_path}/2.keras", True)]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_saved_model_trains_on_to_the_bits_of_the_one_that_saved_it(tmp_path, ending):
    x = np.random.default_rng(0).normal(size=(20, 2))
    arguments = {"batch_size": 8, "shuffle": False, "epochs": 4, "verbose": 0}
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    checkpoint = ModelCheckpoint(f"{tmp_path}/{{epoch}}{ending}")
    model.fit(x, x[:, 0], callbacks=[checkpoint], **arguments)
    again = keras.models.load_model(f"{tmp_path}/2{ending}")
    again.fit(x, x[:, 0], initial_epoch=2, **arguments)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("frequency", [0, -1, 2.5, True, "batch"])
@pytest.mark.parametrize("kind", [ModelCheckpoint, keras.callbacks.BackupAndRestore])
def test_save_freq_is_an_epoch_or_a_number_of_batches(kind, frequency):
    with pytest.raises(ValueError, match="save_freq"):
        kind("a.keras", save_freq=frequency)


def test_verbose_says_what_is_saved(tmp_path, capsys):
    callback = weights_only(tmp_path, "w", monitor="loss", save_best_only=True, verbose=1)
    fit(model_with(0.0), callback, epochs=2)
    first, second = filter(None, capsys.readouterr().out.split("\n"))
    assert first.startswith("Epoch 1: loss improved from None to ")
    assert first.endswith(f"saving model to {tmp_path}/w.weights.h5")
    assert second.startswith("Epoch 2: loss did not improve from ")
