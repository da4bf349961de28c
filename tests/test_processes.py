# SPDX-License-Identifier: Apache-2.0
"""Models in child processes of every kind, made after the parent has trained."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import warnings

import numpy as np
import pytest

import pronghorn as keras


def trained_model() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """A model that is large enough for several threads, and its data."""
    keras.utils.set_random_seed(3)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(256, 64)).astype("float32")
    y = x[:, :1] - x[:, 1:2]
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(256, "relu"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.fit(x, y, batch_size=128, epochs=2, verbose=0)
    return model, x, y


def fit_and_predict(arguments: tuple[bytes, np.ndarray, np.ndarray]) -> np.ndarray:
    """What a worker does: two more epochs, then predictions."""
    payload, x, y = arguments
    model = pickle.loads(payload)
    model.fit(x, y, batch_size=128, epochs=2, shuffle=False, verbose=0)
    return model.predict(x, verbose=0)


@pytest.fixture
def two_threads():
    """Teams of two even where there is one processor."""
    keras.config.set_num_threads(2)
    yield
    keras.config.set_num_threads(None)


def expected(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return fit_and_predict((pickle.dumps(model), x, y))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_fits_and_predicts_as_the_parent_does(two_threads: None) -> None:
    model, x, y = trained_model()
    want = expected(model, x, y)
    children = []
    for _ in range(20):
        child = os.fork()
        if child == 0:  # no exception may escape into the test session
            status = 1
            try:
                model.fit(x, y, batch_size=128, epochs=2, shuffle=False, verbose=0)
                status = 0 if np.array_equal(model.predict(x, verbose=0), want) else 2
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 20


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_multiprocessing(method: str, two_threads: None) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{method} does not exist on this system")
    model, x, y = trained_model()
    want = expected(model, x, y)
    with multiprocessing.get_context(method).Pool(2) as pool:
        got = pool.map_async(fit_and_predict, [(pickle.dumps(model), x, y)] * 3).get(timeout=120)
    for predictions in got:
        np.testing.assert_array_equal(predictions, want)


def test_joblib(two_threads: None) -> None:
    joblib = pytest.importorskip("joblib")
    model, x, y = trained_model()
    want = expected(model, x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of loky's own
        got = joblib.Parallel(n_jobs=2)(
            joblib.delayed(fit_and_predict)((pickle.dumps(model), x, y)) for _ in range(3)
        )
    for predictions in got:
        np.testing.assert_array_equal(predictions, want)
