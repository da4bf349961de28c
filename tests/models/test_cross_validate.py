# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pronghorn as keras

X = np.random.default_rng(0).normal(size=(53, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def build() -> keras.Sequential:
    net = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return net


def test_every_row_is_tested_once_by_a_model_that_has_not_seen_it() -> None:
    row_numbers = np.arange(53, dtype="float32")[:, None]
    seen = []

    class Notes(keras.Sequential):
        def fit(self, x: Any = None, y: Any = None, **arguments: Any) -> Any:
            tested = arguments["validation_data"][0]
            assert not set(x.ravel()) & set(tested.ravel())
            assert len(x) + len(tested) == 53
            seen.extend(tested.ravel())
            return super().fit(x, y, **arguments)

    def notes() -> keras.Sequential:
        net = Notes([keras.layers.Dense(1, kernel_initializer="zeros")])
        net.compile("sgd", "mse")
        return net

    keras.models.cross_validate(notes, row_numbers, 0 * row_numbers, folds=5, epochs=1)
    assert sorted(seen) == list(range(53))


def test_scores_are_those_of_the_models_on_their_folds() -> None:
    thirds = np.arange(53) % 3
    folds = [(np.flatnonzero(thirds != i), np.flatnonzero(thirds == i)) for i in range(3)]
    found = keras.models.cross_validate(build, X, Y, folds, epochs=3, batch_size=10)
    assert sorted(found.scores) == ["loss", "mae"]
    for i, (_, test) in enumerate(folds):
        kernel, bias = (w.astype("float64") for w in found.models[i].get_weights())
        error = X[test] @ kernel + bias - Y[test]
        np.testing.assert_allclose(found.scores["loss"][i], np.mean(error**2), rtol=1e-5)
        np.testing.assert_allclose(found.scores["mae"][i], np.mean(abs(error)), rtol=1e-5)
        last = found.histories[i].history["val_loss"][-1]
        np.testing.assert_allclose(found.scores["loss"][i], last, rtol=1e-6)


def test_a_seed_fixes_the_folds() -> None:
    def scores(seed: int) -> np.ndarray:
        return keras.models.cross_validate(
            build, X, Y, 4, seed=seed, seeds=[0] * 4, epochs=1
        ).scores["loss"]

    np.testing.assert_array_equal(scores(1), scores(1))
    assert (scores(1) != scores(2)).any()


def test_each_fold_may_have_callbacks_of_its_own() -> None:
    def stop(fold: int) -> dict[str, Any]:
        return {"callbacks": [keras.callbacks.EarlyStopping(mode="max")]}

    found = keras.models.cross_validate(build, X, Y, 2, each=stop, epochs=50)
    assert all(len(history.epoch) < 50 for history in found.histories)


@pytest.mark.parametrize("folds", [1, 54])
def test_a_number_of_folds_that_cannot_be_is_an_error(folds: int) -> None:
    with pytest.raises(ValueError, match=f"of rows, 53. Received: folds={folds}"):
        keras.models.cross_validate(build, X, Y, folds)
