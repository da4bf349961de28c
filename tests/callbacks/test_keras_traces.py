# SPDX-License-Identifier: Apache-2.0
"""Callbacks against fits of real Keras (fixture 24 of `make_keras_fixtures.py`)."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras

K = keras.callbacks
CASES = {
    "plateau": lambda: K.ReduceLROnPlateau(patience=2, factor=0.5, min_lr=1e-3, cooldown=1),
    "early_stop": lambda: K.EarlyStopping(patience=3, restore_best_weights=True, min_delta=1e-3),
    "early_stop_baseline": lambda: K.EarlyStopping(
        monitor="val_mae", patience=2, baseline=0.5, start_from_epoch=2
    ),
    "scheduler": lambda: K.LearningRateScheduler(lambda e, rate: rate * 0.9 if e > 1 else rate),
    "terminate_on_nan": lambda: K.TerminateOnNaN(),
}


@pytest.mark.filterwarnings("ignore:The loss is")
@pytest.mark.parametrize("name", CASES)
def test_callback_follows_keras(name, fixture_path):
    with np.load(fixture_path("keras/24_callbacks.npz")) as file:
        data = {key: file[key] for key in file.files}
    case = json.loads(str(data["meta"]))["cases"][name]

    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    )
    model.set_weights([data[f"w0_{i:03d}"] for i in range(4)])
    rate = 1e20 if name == "terminate_on_nan" else 0.3
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    history = model.fit(
        data["x"],
        data["y"],
        batch_size=8,
        epochs=15,
        shuffle=False,
        verbose=0,
        validation_data=(data["xv"], data["yv"]),
        callbacks=[CASES[name]()],
    )

    assert len(history.epoch) == case["epochs_run"]
    assert sorted(history.history) == sorted(case["history"])
    if name == "terminate_on_nan":
        return  # which NaN or infinity comes first is a matter of rounding
    for key, wanted in case["history"].items():
        np.testing.assert_allclose(history.history[key], wanted, rtol=1e-5, atol=1e-5, err_msg=key)
    assert float(model.optimizer.learning_rate) == pytest.approx(case["lr_after"], rel=1e-6)
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, data[f"{name}_w_{i:03d}"], rtol=1e-5, atol=1e-5)
