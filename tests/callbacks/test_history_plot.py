# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

plt = pytest.importorskip("matplotlib.pyplot")

X = np.linspace(-1, 1, 40).reshape(20, 2)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def fit(**arguments):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(X, X[:, 0], verbose=0, **arguments)


def curve(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_training_and_validation_are_drawn_by_epoch_from_1():
    history = fit(epochs=5, validation_data=(X, X[:, 0]))
    loss, mae = history.plot()
    assert loss.get_title(loc="left") == "loss"
    for axes, name in ((loss, "loss"), (mae, "mae")):
        for label, key in (("training", name), ("validation", f"val_{name}")):
            x, y = curve(axes, label).get_data()
            assert list(x) == [1, 2, 3, 4, 5]
            assert list(y) == history.history[key]


def test_the_epoch_with_the_least_validation_loss_is_marked():
    history = fit(epochs=5, validation_data=(X, X[:, 0]))
    history.history["val_loss"][:] = [5.0, 2.0, 1.0, 3.0, float("nan")]
    (axes,) = history.plot(["loss"])
    assert curve(axes, "best epoch: 3").get_xdata()[0] == 3
    assert "1" in [text.get_text() for text in axes.texts]


def test_a_score_is_best_where_it_is_highest():
    history = fit(epochs=3)
    history.history["mae"][:] = [1.0, 3.0, 2.0]
    (axes,) = history.plot(["mae"], monitor="mae", mode="max")
    assert curve(axes, "best epoch: 2")


def test_validations_stand_at_the_epochs_they_were_made_after():
    history = fit(epochs=7, validation_data=(X, X[:, 0]), validation_freq=[2, 3, 7])
    assert list(curve(history.plot()[0], "validation").get_xdata()) == [2, 3, 7]


def test_a_history_that_was_restored_is_drawn_the_same():
    history = fit(epochs=7, validation_data=(X, X[:, 0]), validation_freq=3)
    restored = keras.callbacks.History()
    restored.set_model(history.model)
    restored.set_state(history.get_state())
    assert list(curve(restored.plot()[0], "validation").get_xdata()) == [3, 6]


def test_a_learning_rate_is_drawn_if_it_changes():
    steady = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01)
    falling = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch))
    assert len(fit(epochs=3, callbacks=[steady]).plot()) == 2
    panels = fit(epochs=3, callbacks=[falling]).plot()
    assert [axes.get_title(loc="left") for axes in panels] == ["loss", "mae", "learning_rate"]


def test_what_is_not_logged_cannot_be_drawn():
    with pytest.raises(ValueError, match="accuracy"):
        fit().plot(["accuracy"])
    with pytest.raises(ValueError, match="nothing logged"):
        keras.callbacks.History().plot()


def test_pandas_draws_a_history_as_readers_of_the_book_do():
    pandas = pytest.importorskip("pandas")
    history = fit(epochs=4, validation_data=(X, X[:, 0]))
    axes = pandas.DataFrame(history.history).plot(
        figsize=(8, 5), xlim=[0, 3], ylim=[0, 1], grid=True, xlabel="Epoch", style=["r--", "b-"]
    )
    assert len(axes.lines) == 4
