# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

X, Y = np.ones((2, 1)), np.zeros(2)


def model(**arguments):
    """One weight, 0 at first, that grows by 1 with every step of one row."""
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    made.set_weights([np.zeros((1, 1))])
    arguments = {"use_ema": True, "ema_momentum": 0.5} | arguments
    made.compile(keras.optimizers.SGD(1.0, **arguments), lambda y, p: -p)
    return made


class Weights(keras.callbacks.Callback):
    """Writes down the weight at some hooks."""

    def __init__(self):
        self.seen = []

    def look(self, hook):
        self.seen.append((hook, float(self.model.get_weights()[0][0, 0])))

    def on_epoch_begin(self, epoch, logs=None):
        self.look("begin")

    def on_test_batch_end(self, batch, logs=None):
        self.look("test")

    def on_epoch_end(self, epoch, logs=None):
        self.look("end")


# Weights 1, 2, 3, 4 after the steps; their averages 1, 1.5, 2.25, 3.125.
@pytest.mark.parametrize(("swap_on_epoch", "at_end"), [(False, (2.0, 4.0)), (True, (1.5, 3.125))])
def test_validation_uses_the_averages_and_training_goes_on_as_before(swap_on_epoch, at_end):
    made, weights = model(), Weights()
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    made.fit(
        X,
        Y,
        batch_size=1,
        epochs=2,
        validation_data=(X[:1], Y[:1]),
        callbacks=[swap, weights],
        verbose=0,
    )
    assert weights.seen == [
        ("begin", 0.0),
        ("test", 1.5),
        ("end", at_end[0]),
        ("begin", 2.0),
        ("test", 3.125),
        ("end", at_end[1]),
    ]
    assert made.get_weights()[0] == 3.125
    assert made.optimizer.averages()[0][1].numpy() == 3.125
    made.fit(X, Y, batch_size=1, callbacks=[swap, weights], verbose=0)
    assert weights.seen[6] == ("begin", 3.125)


def test_a_fit_that_is_stopped_or_interrupted_leaves_the_right_weights():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    made = model()
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    made.fit(X, Y, batch_size=1, epochs=5, callbacks=[swap, Stop()], verbose=0)
    assert made.get_weights()[0] == 1.5

    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    made = model()
    with pytest.raises(KeyboardInterrupt):
        made.fit(X, Y, batch_size=1, epochs=5, callbacks=[swap, Fail()], verbose=0)
    assert made.get_weights()[0] == 2.0


def test_evaluate_and_predict_use_the_averages_and_put_the_weights_back():
    made, swap = model(), keras.callbacks.SwapEMAWeights()
    assert made.evaluate(X, Y, callbacks=[swap], verbose=0) == 0.0  # there are no averages yet
    for x in X:
        made.train_on_batch(x[None], Y[:1])
    assert made.evaluate(X, Y, callbacks=[swap], verbose=0) == -1.5
    assert made.get_weights()[0] == 2.0
    assert made.predict(X, callbacks=[swap], verbose=0).tolist() == [[1.5], [1.5]]
    assert made.get_weights()[0] == 2.0


def test_it_needs_averages():
    with pytest.raises(ValueError, match="use_ema=True"):
        model(use_ema=False).evaluate(X, Y, callbacks=keras.callbacks.SwapEMAWeights(), verbose=0)
