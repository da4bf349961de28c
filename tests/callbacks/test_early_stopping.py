# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

import pronghorn as keras

C = keras.callbacks


class Model:
    """Weights that remember the epoch they come from, and nothing else."""

    stop_training = False
    weights = None

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def _metrics_by_name(self):
        up, down = keras.metrics.SparseCategoricalAccuracy(), keras.metrics.MeanSquaredError()
        return {"accuracy": up, "mse": down, "own": object()}


def run(callback, values, name="val_loss"):
    """Number of epochs run, and the epoch of the weights at the end."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    epoch = -1
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1, model.weights


NAN = math.nan
CASES = [
    # values, arguments, epochs run, epoch of the final weights
    ([5, 4, 3, 2], {}, 4, 3),
    ([5, 4, 4, 2], {}, 3, 2),
    ([5, 4, 4, 4, 4], {"patience": 2}, 4, 3),
    ([5, 4, 4, 4, 4], {"patience": 2, "restore_best_weights": True}, 4, 1),
    ([5, 3, 4, 4], {"patience": 9, "restore_best_weights": True}, 4, 1),
    ([5, 4.9, 4.8, 4.7], {"min_delta": 0.5}, 2, 1),
    ([5, 4.9, 4.8, 4.7], {"min_delta": -0.5}, 2, 1),
    ([1, 2, 3, 3], {"mode": "max"}, 4, 3),
    ([5, 4, 3, 2, 1], {"baseline": 1.5, "patience": 3}, 5, 4),
    ([5, 4, 3, 2, 2, 1], {"baseline": 1.5, "patience": 3}, 5, 4),
    ([1, 2, 3, 2, 4], {"start_from_epoch": 2}, 5, 4),
    ([NAN, NAN, 3], {"patience": 2, "restore_best_weights": True}, 2, 0),
    ([3, 3], {}, 2, 1),
]


@pytest.mark.parametrize(("values", "arguments", "epochs", "weights"), CASES)
def test_when_it_stops_and_what_it_keeps(values, arguments, epochs, weights):
    assert run(C.EarlyStopping(**arguments), values) == (epochs, weights)


@pytest.mark.parametrize(
    ("monitor", "rising_is_better"),
    [
        ("val_loss", False),
        ("loss", False),
        ("main_output_loss", False),
        ("val_accuracy", True),
        ("mse", False),
    ],
)
def test_the_direction_is_known_from_the_metric(monitor, rising_is_better):
    epochs, _ = run(C.EarlyStopping(monitor), [1, 2, 3, 4], monitor)
    assert epochs == (4 if rising_is_better else 2)


@pytest.mark.parametrize("monitor", ["own", "val_nobody"])
def test_an_unknown_direction_is_an_error(monitor):
    with pytest.raises(ValueError, match=f"{monitor}.*mode='min'"):
        run(C.EarlyStopping(monitor), [1, 2], monitor)


def test_a_value_that_is_not_there_warns():
    with pytest.warns(UserWarning, match="`val_loss`, which is not in the logs. Available: loss"):
        assert run(C.EarlyStopping(), [1], "loss") == (1, 0)


def test_unknown_mode():
    with pytest.raises(ValueError, match="mode='down'"):
        C.EarlyStopping(mode="down")


def test_one_object_serves_several_fits():
    callback = C.EarlyStopping(patience=1, restore_best_weights=True)
    assert run(callback, [2, 1, 3, 3]) == (3, 1)
    assert run(callback, [9, 8, 7, 7]) == (4, 2)  # 9 is better than nothing, not worse than 1


def test_the_best_weights_come_back_when_training_is_interrupted():
    x = np.linspace(-1, 1, 80).reshape(20, 4)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    kept = {}

    def interrupt(epoch, logs):
        kept[epoch] = model.get_weights()
        model.optimizer.learning_rate = 100.0  # from here on it gets worse
        if epoch == 3:
            raise KeyboardInterrupt

    best = C.EarlyStopping("loss", patience=9, restore_best_weights=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            x.sum(1),
            epochs=9,
            callbacks=[C.LambdaCallback(on_epoch_end=interrupt), best],
            verbose=0,
        )
    for weight, wanted in zip(model.get_weights(), kept[best.best_epoch], strict=True):
        np.testing.assert_array_equal(weight, wanted)
