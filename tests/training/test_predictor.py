# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
import pytest

import pronghorn as keras


def small_model() -> keras.Sequential:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(2)]
    )


def numpy_prediction(model: keras.Sequential, x: np.ndarray) -> np.ndarray:
    a, b, c, d = (weight.astype("float64") for weight in model.get_weights())
    return np.tanh(x @ a + b) @ c + d


@pytest.mark.parametrize("rows", [1, 2, 3, 40])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", ">f4"])
def test_equals_numpy_and_predict(rows: int, dtype: str) -> None:
    model = small_model()
    x = np.random.default_rng(0).integers(-3, 3, (rows, 3)).astype(dtype)
    predict = model.predictor(x)
    got = predict(x)
    np.testing.assert_allclose(got, numpy_prediction(model, x), atol=1e-6)
    np.testing.assert_array_equal(got, model.predict(x, verbose=0))


def test_writes_into_an_array_of_the_caller() -> None:
    model, x = small_model(), np.ones((4, 3), "float32")
    predict, out = model.predictor(x), np.zeros((4, 2), "float32")
    assert predict(x, out=out) is out
    np.testing.assert_array_equal(out, model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        (np.zeros((4, 2), "float64"), "dtype float32"),
        (np.zeros((2, 4), "float32"), r"shape \(4, 2\)"),
        (np.zeros((2, 4), "float32").T, "C-contiguous"),
        (np.broadcast_to(np.float32(0), (4, 2)), "writable"),
    ],
)
def test_an_output_that_does_not_fit(out: np.ndarray, complaint: str) -> None:
    x = np.ones((4, 3), "float32")
    predict = small_model().predictor(x)
    with pytest.raises(ValueError, match=complaint):
        predict(x, out=out)


def test_data_of_another_shape() -> None:
    predict = small_model().predictor(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"expected shape \(1, 3\)"):
        predict(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expects arrays of shape"):
        small_model().predictor(np.ones((1, 4)))


def test_lists_and_dicts_and_several_outputs() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    model = keras.Model({"a": a, "b": b}, [a * 2.0, b + 1.0])
    x = {"b": np.array([5.0]), "a": [[1.0, 2.0]]}
    predict = model.predictor(x)
    first, second = predict(x)
    assert first.tolist() == [[2.0, 4.0]]
    assert second.tolist() == [[6.0]]
    out = [np.zeros((1, 2), "float32"), np.zeros((1, 1), "float32")]
    assert predict(x, out=out) is out
    assert out[1].item() == 6.0


def test_sees_new_weights() -> None:
    model, x = small_model(), np.ones((1, 3), "float32")
    predict = model.predictor(x)
    model.set_weights([2 * weight for weight in model.get_weights()])
    np.testing.assert_allclose(predict(x), numpy_prediction(model, x), atol=1e-6)


def test_many_threads_at_once() -> None:
    model = small_model()
    inputs = np.random.default_rng(0).normal(size=(8, 1, 3)).astype("float32")
    predict = model.predictor(inputs[0])
    expected, wrong = [predict(x) for x in inputs], []

    def work(i: int) -> None:
        for _ in range(200):
            if not np.array_equal(predict(inputs[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_predict_of_the_same_shape_again_checks_what_could_have_changed() -> None:
    """`predict` remembers that arrays of a shape and dtype fit, and nothing else."""
    model, x = small_model(), np.ones((2, 3), "float32")
    first = model.predict(x, verbose=0)
    np.testing.assert_array_equal(model.predict(x.copy(), verbose=0), first)
    model.set_weights([0 * weight for weight in model.get_weights()])
    assert not model.predict(x, verbose=0).any()
    model.add(keras.layers.Dense(7))
    assert model.predict(x, verbose=0).shape == (2, 7)
    with pytest.raises(ValueError, match="expects arrays of shape"):
        model.predict(x[:, :2], verbose=0)


def test_predict_of_the_same_shape_again_calls_callbacks() -> None:
    model, x, calls = small_model(), np.ones((2, 3), "float32"), []
    callback = keras.callbacks.LambdaCallback()
    callback.on_predict_end = lambda logs=None: calls.append("end")
    model.predict(x, verbose=0)
    model.predict(x, verbose=0, callbacks=[callback])
    assert calls == ["end"]
    assert model.predict(x, batch_size=1, verbose=0).shape == (2, 2)
