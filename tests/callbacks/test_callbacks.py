# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.callbacks.callback import HOOKS

L, C = keras.layers, keras.callbacks
X = np.linspace(-1, 1, 80).reshape(20, 4)
Y = X.sum(axis=1)


def model(rate=0.01, **arguments):
    made = keras.Sequential([L.Input((4,)), L.Dense(1)])
    made.compile(keras.optimizers.SGD(rate), "mse", **arguments)
    return made


class Recorder(C.Callback):
    """Writes down every hook; has no call of `super().__init__`."""

    def __init__(self):
        self.calls = []


def _record(hook):
    def call(self, *args):
        self.calls.append((hook, *args[:-1]))

    return call


for _hook in HOOKS:
    setattr(Recorder, _hook, _record(_hook))


def test_hooks_come_in_order():
    recorder = Recorder()
    model().fit(
        X[:16],
        Y[:16],
        batch_size=8,
        epochs=2,
        validation_data=(X[16:], Y[16:]),
        callbacks=[recorder],
        verbose=0,
    )
    batches = [(f"on_train_batch_{end}", i) for i in range(2) for end in ("begin", "end")]
    test = [
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0),
        ("on_test_end",),
    ]
    epoch = lambda e: [("on_epoch_begin", e), *batches, *test, ("on_epoch_end", e)]  # noqa: E731
    assert recorder.calls == [("on_train_begin",), *epoch(0), *epoch(1), ("on_train_end",)]


def test_evaluate_and_predict_have_hooks():
    recorder = Recorder()
    m = model()
    m.evaluate(X, Y, batch_size=10, callbacks=[recorder], verbose=0)
    m.predict(X, batch_size=20, callbacks=[recorder], verbose=0)
    assert [call[0] for call in recorder.calls] == [
        "on_test_begin",
        "on_test_batch_begin",
        "on_test_batch_end",
        "on_test_batch_begin",
        "on_test_batch_end",
        "on_test_end",
        "on_predict_begin",
        "on_predict_batch_begin",
        "on_predict_batch_end",
        "on_predict_end",
    ]


def test_the_older_names_of_batch_hooks_work():
    class Old(C.Callback):
        def __init__(self):
            self.losses = []

        def on_batch_end(self, batch, logs):
            self.losses.append((batch, logs["loss"]))

    old = Old()
    m = model(rate=0.0)
    m.fit(X, Y, batch_size=8, shuffle=False, callbacks=[old], verbose=0)
    assert [step for step, _ in old.losses] == [0, 1, 2]
    running = [m.evaluate(X[:n], Y[:n], verbose=0) for n in (8, 16, 20)]
    np.testing.assert_allclose([loss for _, loss in old.losses], running, rtol=1e-5)


def test_any_object_with_a_hook_is_a_callback():
    class Plain:
        epochs = ()

        def on_epoch_end(self, epoch, logs):
            self.epochs += (epoch,)

    plain = Plain()
    model().fit(X, Y, epochs=3, callbacks=[plain], verbose=0)
    assert plain.epochs == (0, 1, 2)


@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end", "on_batch_end"])
def test_the_loop_comes_back_for_batches_only_if_somebody_listens(hook):
    quiet = C.CallbackList([C.EarlyStopping(), C.TerminateOnNaN()], add_history=True)
    assert not quiet.needs_batches("train")
    heard = C.CallbackList([C.LambdaCallback(**{hook: lambda *args: None})])
    assert heard.needs_batches("train")
    assert not heard.needs_batches("test")
    assert not heard.needs_batches("predict")


def test_a_callback_changes_what_history_stores():
    class Ratio(C.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["ratio"] = logs["val_loss"] / logs["loss"]

    history = model().fit(X, Y, epochs=2, validation_split=0.5, callbacks=[Ratio()], verbose=0)
    assert len(history.history["ratio"]) == 2


def test_stop_training_ends_after_the_epoch():
    def stop(epoch, logs):
        m.stop_training = epoch == 1

    m = model()
    history = m.fit(X, Y, epochs=9, callbacks=[C.LambdaCallback(on_epoch_end=stop)], verbose=0)
    assert history.epoch == [0, 1]
    m.fit(X, Y, epochs=2, verbose=0)
    assert m.history.epoch == [0, 1]


def test_stop_training_ends_after_the_batch():
    steps = []

    def stop(batch, logs):
        steps.append(batch)
        m.stop_training = batch == 1

    m = model()
    m.fit(X, Y, batch_size=4, callbacks=[C.LambdaCallback(on_train_batch_end=stop)], verbose=0)
    assert steps == [0, 1]


def test_the_learning_rate_may_change_with_every_batch():
    class Exponential(C.Callback):
        def __init__(self):
            self.rates = []

        def on_batch_end(self, batch, logs=None):
            self.rates.append(float(self.model.optimizer.learning_rate))
            self.model.optimizer.learning_rate = self.model.optimizer.learning_rate * 2.0

    callback = Exponential()
    m = model(rate=0.001)
    reference = model()
    reference.set_weights(m.get_weights())
    m.fit(X, Y, batch_size=5, shuffle=False, callbacks=[callback], verbose=0)
    np.testing.assert_allclose(callback.rates, [0.001, 0.002, 0.004, 0.008], rtol=1e-6)
    for i, rate in enumerate(callback.rates):
        reference.optimizer.learning_rate = rate
        reference.train_on_batch(X[5 * i : 5 * i + 5], Y[5 * i : 5 * i + 5])
    for a, b in zip(m.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_may_change_between_epochs():
    m = model(rate=0.0)
    zero = C.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: m.set_weights([np.full((4, 1), epoch), np.zeros(1)])
    )
    losses = m.fit(X, Y, epochs=2, callbacks=[zero], verbose=0).history["loss"]
    np.testing.assert_allclose(losses, [np.mean(Y**2), 0.0], atol=1e-6)


def test_lambda_callback_knows_its_hooks():
    with pytest.raises(TypeError, match="on_epoch_ende"):
        C.LambdaCallback(on_epoch_ende=print)
    begun = []
    callback = C.LambdaCallback(on_test_begin=begun.append)
    model().evaluate(X, Y, callbacks=[callback], verbose=0)
    assert begun == [{}]


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    m = model()
    history = m.fit(X, Y, epochs=2, callbacks=[C.CSVLogger(path)], verbose=0).history
    m.fit(X, Y, epochs=1, callbacks=[C.CSVLogger(path, append=True)], verbose=0)
    lines = path.read_text().splitlines()
    assert lines[0] == "epoch,loss,val_loss"
    assert lines[1] == f"0,{history['loss'][0]},NA"
    assert len(lines) == 4


def test_an_error_in_a_callback_leaves_the_model_usable():
    def fail(epoch, logs):
        raise OSError("disk full")

    m = model()
    with pytest.raises(OSError, match="disk full"):
        m.fit(X, Y, epochs=3, callbacks=[C.LambdaCallback(on_epoch_end=fail)], verbose=0)
    m.fit(X, Y, verbose=0)


def test_evaluating_within_a_callback():
    losses = []
    callback = C.LambdaCallback(
        on_epoch_end=lambda epoch, logs: losses.append(m.evaluate(X, Y, verbose=0))
    )
    m = model()
    history = m.fit(X, Y, epochs=2, callbacks=[callback], verbose=0)
    assert len(losses) == 2
    assert m.history is history


def test_the_learning_rate_is_found_under_its_old_name():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5**epoch)
    history = model.fit(np.ones((4, 3)), np.ones(4), epochs=2, verbose=0, callbacks=[schedule])
    with pytest.warns(DeprecationWarning, match="learning_rate"):
        assert history.history["lr"] == [1.0, 0.5]
    assert "lr" not in history.history
    assert set(history.history) == {"learning_rate", "loss"}
    with pytest.raises(KeyError, match="nope"):
        _ = history.history["nope"]
