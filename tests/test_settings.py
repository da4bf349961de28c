# SPDX-License-Identifier: Apache-2.0
"""Settings of the process: limits of training, where progress goes."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import pronghorn as keras

X = np.ones((40, 2), "float32")


@pytest.fixture(autouse=True)
def _as_before():
    yield
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
    keras.config.enable_interactive_logging()


def _model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def _batches():
    return [(X[:8], X[:8, :1])] * 5


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[:8], X[:8, :1]


@pytest.mark.parametrize("data", [(X, X[:, :1]), (Batches(),)], ids=["arrays", "batches"])
def test_training_stays_within_the_limits(data) -> None:
    keras.config.set_max_epochs(3)
    keras.config.set_max_steps_per_epoch(2)
    model = _model()
    history = model.fit(*data, batch_size=8, epochs=10, verbose=0, validation_data=Batches())
    assert len(history.history["val_loss"]) == 3
    assert int(model.optimizer.iterations) == 6
    model.evaluate(*data, batch_size=8, verbose=0)
    assert model.predict(data[0], batch_size=8, verbose=0).shape == (16, 1)


def test_limits_above_what_is_there_change_nothing() -> None:
    keras.config.set_max_steps_per_epoch(100)
    assert _model().fit(X, X[:, :1], batch_size=8, verbose=0).params["steps"] == 5
    assert keras.config.max_steps_per_epoch() == 100


def test_limits_come_from_the_environment_too(monkeypatch) -> None:
    from pronghorn.backend import settings

    monkeypatch.setattr(settings, "_limits", {})
    assert keras.config.max_epochs() is None
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "4")
    assert keras.config.max_epochs() == 4


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True])
def test_limits_are_counts(value) -> None:
    with pytest.raises(ValueError, match="max_epochs must be a positive int"):
        keras.config.set_max_epochs(value)


def test_progress_goes_to_logging_where_that_is_wanted(capsys, caplog) -> None:
    caplog.set_level(logging.INFO, "pronghorn")
    keras.utils.disable_interactive_logging()
    assert not keras.config.is_interactive_logging_enabled()
    _model().fit(X, X[:, :1], epochs=2, verbose=2)
    assert capsys.readouterr().out == ""
    assert [m.partition(" ")[0] for m in caplog.messages] == ["Epoch", "Epoch"]
