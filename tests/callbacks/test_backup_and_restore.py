# SPDX-License-Identifier: Apache-2.0
"""A fit that was interrupted goes on as if it had not been: to the bit, with its history."""

from __future__ import annotations

import random

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers
from pronghorn.callbacks import BackupAndRestore, Callback
from pronghorn.saving.state_file import read_state
from tests.callbacks.kill_and_resume import SCENARIOS, kill_and_compare, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 3)).astype("float32")
Y = X.sum(axis=1)


class Crash(Callback):
    """Ends `fit` after so many batches or epochs of the run."""

    def __init__(self, batches=None, epochs=None):
        super().__init__()
        self.batches, self.epochs = batches, epochs
        if batches is not None:
            self.on_train_batch_end = self.count_batch

    def count_batch(self, batch, logs=None):
        self.batches -= 1
        if self.batches < 0:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if self.epochs is not None and epoch == self.epochs:
            raise KeyboardInterrupt


def made(build=True):
    first = [keras.Input((3,))] if build else []
    return keras.Sequential(
        [*first, layers.Dense(4, activation="relu"), layers.Dropout(0.3), layers.Dense(1)]
    )


def fit(*callbacks, seed=1, build=True, data=(X, Y), **arguments):
    keras.utils.set_random_seed(seed)
    model = made(build)
    model.compile("adam", "mse", metrics=["mae"])
    arguments = {"epochs": 6, "verbose": 0, **arguments}
    history = model.fit(*data, callbacks=list(callbacks), **arguments)
    return model, history


def interrupted(folder, crash, data=(X, Y), fit_arguments=None, **arguments):
    with pytest.raises(KeyboardInterrupt):
        fit(BackupAndRestore(folder, **arguments), crash, data=data, **(fit_arguments or {}))


def everything(model, history):
    return {
        "weights": model.get_weights(),
        "optimizer": [v.numpy() for v in model.optimizer.variables],
        "epochs": history.epoch,
        "history": dict(history.history),
        "next": keras.random.uniform((2,)).numpy(),
        "legacy": [np.random.uniform(), random.random()],  # noqa: NPY002
    }


def generator():
    rng = np.random.default_rng(1)
    while True:
        rows = rng.integers(0, len(X), 5)
        yield X[rows], Y[rows]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[index::5], Y[index::5]


DATA = {
    "arrays": (lambda: (X, Y), {"batch_size": 5}),
    "arrays in order": (lambda: (X, Y), {"batch_size": 5, "shuffle": False}),
    "arrays by batches": (lambda: (X, Y), {"batch_size": 5, "shuffle": "batch"}),
    "all rows at once": (lambda: (X, Y), {"batch_size": 22}),
    "no whole passes": (lambda: (X, Y), {"batch_size": 5, "steps_per_epoch": 3, "epochs": 8}),
    "a generator": (lambda: (generator(),), {"steps_per_epoch": 4}),
    "a list of batches": (lambda: (Batches(),), {}),
    "in a new order each time": (lambda: (Batches(),), {"shuffle": True}),
    "weighted": (lambda: (X, Y), {"batch_size": 5, "sample_weight": np.linspace(0, 2, 22)}),
    "validated": (lambda: (X, Y), {"batch_size": 5, "validation_split": 0.3}),
}


@pytest.mark.filterwarnings("ignore:The data ran out")  # with epochs that are no whole passes
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("batches", [1, 4, 5, 6, 9, 10, 13])
def test_a_fit_interrupted_at_any_batch_ends_with_the_same_bits(tmp_path, name, batches):
    data, arguments = DATA[name]
    if name == "all rows at once":
        batches = min(batches, 5)
    interrupted(tmp_path / "b", Crash(batches), data(), arguments, save_freq=1)
    resumed = everything(
        *fit(BackupAndRestore(tmp_path / "b", save_freq=1), seed=99, data=data(), **arguments)
    )
    straight = everything(*fit(data=data(), **arguments))
    for part, wanted in straight.items():
        assert same(resumed[part], wanted), part


class Doubling(keras.Model):
    """A step of the user's own, with a log that no metric keeps."""

    def __init__(self):
        super().__init__()
        self.net = made()

    def call(self, x, training=None):
        return self.net(x, training=training)

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return {"twice": 2 * loss, **{m.name: m.result() for m in self.metrics}}


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("batches", [1, 4, 5, 8])
def test_steps_that_are_called_or_the_users_own_go_on_too(tmp_path, own, eager, batches):
    def run(*callbacks, seed=1):
        keras.utils.set_random_seed(seed)
        model = Doubling() if own else made()
        model.build((None, 3))
        model.compile("adam", "mse", metrics=["mae"], run_eagerly=eager)
        arguments = {"batch_size": 5, "epochs": 3, "verbose": 0}
        return model, model.fit(X, Y, callbacks=list(callbacks), **arguments)

    with pytest.raises(KeyboardInterrupt):
        run(BackupAndRestore(tmp_path / "b", save_freq=1), Crash(batches))
    resumed = everything(*run(BackupAndRestore(tmp_path / "b", save_freq=1), seed=99))
    straight = everything(*run())
    for part, wanted in straight.items():
        assert same(resumed[part], wanted), part


@pytest.mark.parametrize("build", [True, False])
@pytest.mark.parametrize("save_freq", ["epoch", 4])
def test_a_fit_interrupted_after_an_epoch_ends_with_the_same_bits(tmp_path, build, save_freq):
    rows = {"batch_size": 5}
    interrupted(tmp_path / "b", Crash(epochs=2), fit_arguments=rows, save_freq=save_freq)
    backup = BackupAndRestore(tmp_path / "b", save_freq=save_freq)
    resumed = fit(backup, seed=99, build=build, **rows)
    assert resumed[1].epoch == list(range(6))
    assert same(everything(*resumed), everything(*fit(**rows)))


def watchers(folder):
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.9 * rate),
        keras.callbacks.EarlyStopping("loss", patience=4, min_delta=0.5, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5, cooldown=1),
        keras.callbacks.ModelCheckpoint(folder / "best.weights.h5", "loss", 0, True, True),
        keras.callbacks.ModelCheckpoint(
            folder / "{epoch}-{batch}.npz", "loss", 0, False, True, "min", 4
        ),
        keras.callbacks.CSVLogger(folder / "log.csv"),
    ]


@pytest.mark.parametrize("epochs", range(5))
def test_callbacks_go_on_with_what_they_remembered(tmp_path, epochs):
    for name, crash in (("resumed", Crash(epochs=epochs)), ("straight", None)):
        folder = tmp_path / name
        folder.mkdir()
        if crash is not None:
            with pytest.raises(KeyboardInterrupt):
                fit(
                    BackupAndRestore(folder / "b"), *watchers(folder), crash, batch_size=5, epochs=9
                )
        callbacks = watchers(folder)
        run = fit(BackupAndRestore(folder / "b"), *callbacks, batch_size=5, epochs=9)
        if crash is not None:
            resumed, states = everything(*run), [c.get_state() for c in callbacks]
        else:
            assert same(resumed, everything(*run))
            for state, callback in zip(states, callbacks, strict=True):
                assert same(state, callback.get_state()), type(callback)
    assert (tmp_path / "resumed/log.csv").read_bytes() == (
        tmp_path / "straight/log.csv"
    ).read_bytes()
    left = [sorted(p.name for p in (tmp_path / name).iterdir()) for name in ("resumed", "straight")]
    assert left[0] == left[1]
    assert "b" not in left[0]


def test_averages_in_the_place_of_weights_are_put_back(tmp_path):
    def run(*callbacks):
        keras.utils.set_random_seed(1)
        model = made()
        model.compile(keras.optimizers.SGD(0.01, use_ema=True), "mse")
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
        return model, model.fit(X, Y, epochs=5, verbose=0, callbacks=[swap, *callbacks])

    with pytest.raises(KeyboardInterrupt):
        run(BackupAndRestore(tmp_path / "b"), Crash(epochs=2))
    assert same(everything(*run(BackupAndRestore(tmp_path / "b"))), everything(*run()))


def test_metrics_that_are_called_otherwise_the_second_time_go_on(tmp_path):
    def run(name, *callbacks):
        keras.utils.set_random_seed(1)
        model = made()
        mae, other = keras.metrics.MeanAbsoluteError(name=name), keras.metrics.Mean(name="other")
        model.compile("adam", "mse", metrics=[mae, keras.metrics.R2Score(name=name + "2")])
        arguments = {"batch_size": 5, "epochs": 3, "verbose": 0}
        model.extra = other  # a metric among the attributes
        return model.fit(X, Y, callbacks=list(callbacks), **arguments).history

    with pytest.raises(KeyboardInterrupt):
        run("first", BackupAndRestore(tmp_path / "b", save_freq=1), Crash(7))
    resumed = run("again", BackupAndRestore(tmp_path / "b", save_freq=1))
    straight = run("again")
    assert resumed["again"] == straight["again"][1:]
    assert resumed["again2"] == straight["again2"][1:]
    assert resumed["loss"] == straight["loss"]


def test_a_fit_that_was_stopped_trains_no_more(tmp_path):
    class StopThenCrash(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

        def on_train_end(self, logs=None):
            assert logs["loss"] > 0
            if epochs_left:
                raise KeyboardInterrupt

    epochs_left = [1]
    keep = BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    with pytest.raises(KeyboardInterrupt):
        fit(keep, StopThenCrash())
    epochs_left.clear()
    resumed = fit(BackupAndRestore(tmp_path / "b"), StopThenCrash())
    assert resumed[1].epoch == [0, 1, 2]
    assert same(everything(*resumed), everything(*fit(StopThenCrash())))


def test_the_next_fit_of_the_model_begins_at_its_own_epoch(tmp_path):
    interrupted(tmp_path / "b", Crash(epochs=2))
    model, _ = fit(BackupAndRestore(tmp_path / "b"))
    assert model.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]


def test_after_a_good_end_nothing_is_left_but_what_others_put_there(tmp_path):
    fit(BackupAndRestore(tmp_path / "alone"))
    assert not (tmp_path / "alone").exists()
    (tmp_path / "notes.txt").write_text("keep me")
    (tmp_path / ".latest.npz.1234.npz").write_bytes(b"of a program that was killed")
    fit(BackupAndRestore(tmp_path, double_checkpoint=True))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_kept_backup_of_all_epochs_leaves_nothing_to_do(tmp_path):
    first = fit(BackupAndRestore(tmp_path, delete_checkpoint=False))
    again = fit(BackupAndRestore(tmp_path, delete_checkpoint=False), seed=99)
    assert same(everything(*again)["weights"], everything(*first)["weights"])
    assert again[1].history == first[1].history


@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(b"half"), lambda f: f.unlink()])
def test_the_backup_before_serves_if_the_last_one_is_damaged(tmp_path, damage):
    interrupted(tmp_path / "b", Crash(epochs=2), double_checkpoint=True)
    damage(tmp_path / "b" / "latest.npz")
    resumed = fit(BackupAndRestore(tmp_path / "b"), seed=99)
    assert same(everything(*resumed), everything(*fit()))


def test_a_backup_that_does_not_fit_is_an_error_that_says_why(tmp_path):
    interrupted(tmp_path, Crash(7), save_freq=1, fit_arguments={"batch_size": 5})
    backup = BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(ValueError, match=r"batch_size=5\. Received: batch_size=4"):
        fit(backup, batch_size=4)
    with pytest.raises(ValueError, match=r"does not fit: .*rows=22\. Received: rows=20"):
        fit(backup, data=(X[:20], Y[:20]), batch_size=5)
    other = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    other.compile("adam", "mse", metrics=["mae"])
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"has weights of the shapes \[\(3, 1\), \(1,\)\]"):
        other.fit(X, Y, batch_size=5, callbacks=[backup], verbose=0)
    assert same(before, other.get_weights())
    (tmp_path / "latest.npz").write_bytes(b"half a file")
    with pytest.raises(ValueError, match=r"latest\.npz is not readable"):
        fit(backup)


def test_what_a_callback_remembers_must_be_plain(tmp_path):
    class Odd(Callback):
        state_names = ("odd",)
        odd = object()

    with pytest.raises(TypeError, match=r"\['odd'\]: a state is made of"):
        fit(BackupAndRestore(tmp_path / "b"), Odd())


def test_a_backup_is_plain_data(tmp_path):
    interrupted(tmp_path, Crash(8), save_freq=2, fit_arguments={"batch_size": 5})
    state = read_state(tmp_path / "latest.npz")
    assert (state["epoch"], state["step"]) == (1, 3)
    assert [array.shape for array in state["variables"]["weights"]] == [(3, 4), (4,), (4, 1), (1,)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_programs_killed_at_random_moments_end_with_the_same_bits(tmp_path, scenario):
    kill_and_compare(scenario, 3, np.random.default_rng(), tmp_path)
