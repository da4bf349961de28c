# SPDX-License-Identifier: Apache-2.0
"""A fit that was interrupted goes on. (`test_keras_behaviour.py` compares it with Keras.)"""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.callbacks import BackupAndRestore, Callback

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(axis=1)


class Crash(Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def fit(*callbacks, epochs=6, build=True):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(([keras.Input((3,))] if build else []) + [keras.layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(
        X, Y, batch_size=4, shuffle=False, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )
    return model, history


def interrupted(folder, epoch=2, **arguments):
    with pytest.raises(KeyboardInterrupt):
        fit(BackupAndRestore(folder, **arguments), Crash(epoch))


@pytest.mark.parametrize("build", [True, False])
def test_an_interrupted_fit_ends_as_if_it_had_not_been(tmp_path, build):
    interrupted(tmp_path / "backup")
    resumed, history = fit(BackupAndRestore(tmp_path / "backup"), build=build)
    straight, whole = fit()
    assert history.epoch == [3, 4, 5]
    assert history.history["loss"] == whole.history["loss"][3:]
    assert int(resumed.optimizer.iterations) == int(straight.optimizer.iterations)
    for ours, theirs in zip(
        resumed.weights + resumed.optimizer.variables,
        straight.weights + straight.optimizer.variables,
        strict=True,
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_the_next_fit_of_the_model_begins_at_its_own_epoch(tmp_path):
    interrupted(tmp_path / "backup")
    model, _ = fit(BackupAndRestore(tmp_path / "backup"))
    assert model.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]


def test_after_a_good_end_nothing_is_left_but_what_others_put_there(tmp_path):
    fit(BackupAndRestore(tmp_path / "alone"))
    assert not (tmp_path / "alone").exists()
    (tmp_path / "notes.txt").write_text("keep me")
    fit(BackupAndRestore(tmp_path, double_checkpoint=True))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_kept_backup_of_all_epochs_leaves_nothing_to_do(tmp_path):
    model, _ = fit(BackupAndRestore(tmp_path, delete_checkpoint=False))
    again, history = fit(BackupAndRestore(tmp_path, delete_checkpoint=False))
    assert history.epoch == []
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


def test_the_backup_before_serves_if_the_last_one_is_damaged(tmp_path):
    interrupted(tmp_path, double_checkpoint=True)
    (tmp_path / "latest.weights.h5").write_bytes(b"half a file")
    _, history = fit(BackupAndRestore(tmp_path))
    assert history.epoch == [2, 3, 4, 5]


def test_a_damaged_backup_without_another_is_an_error(tmp_path):
    interrupted(tmp_path)
    (tmp_path / "latest.weights.h5").write_bytes(b"half a file")
    with pytest.raises(ValueError, match=r"latest\.weights\.h5"):
        fit(BackupAndRestore(tmp_path))


def test_saving_by_batches_notes_the_batch_and_takes_up_the_epoch(tmp_path):
    interrupted(tmp_path, epoch=1, save_freq=2)  # after batches 1 and 3 of 0, 1, 2, 0, 1, 2
    assert json.loads((tmp_path / "training_metadata.json").read_text()) == {"epoch": 1, "batch": 2}
    _, history = fit(BackupAndRestore(tmp_path, save_freq=2))
    assert history.epoch == [1, 2, 3, 4, 5]
