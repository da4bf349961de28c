# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gc
import weakref

import pytest

import pronghorn as keras
from tests.adversarial.soak import X, Y, new_model


@pytest.mark.parametrize("used", ["built", "trained", "interrupted", "predicting"])
def test_a_model_that_nobody_holds_is_gone_with_its_variables(used: str) -> None:
    model = new_model()
    if used == "trained":
        model.fit(X, Y, verbose=0, callbacks=[keras.callbacks.EarlyStopping("loss")])
    elif used == "interrupted":

        def interrupt(epoch: int, logs: object) -> None:
            raise KeyboardInterrupt

        callback = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, verbose=0, callbacks=[callback])
        del callback
    elif used == "predicting":
        model.predict(X, verbose=0)
        model.predictor(X)(X)
    objects = [weakref.ref(x) for x in (model, model.optimizer, *model.variables)]
    del model
    gc.collect()
    assert [ref() for ref in objects] == [None] * len(objects)
