# SPDX-License-Identifier: Apache-2.0
"""The functions that `keras.backend` had in Keras 2."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import legacy

K = keras.backend
X = np.array([[1.0, -2.0, 3.0], [4.0, 0.0, -6.0]])


# That some of them have a new name is tested with the calls of the book.
pytestmark = pytest.mark.filterwarnings("ignore:K.* is now:DeprecationWarning")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("argmax", (X,), [2, 0]),
        ("argmin", (X,), [1, 2]),
        ("batch_flatten", (X.reshape(1, 2, 3),), X.reshape(1, 6)),
        ("batch_get_value", ([X, 2.0],), [X, 2.0]),
        ("cast_to_floatx", ([1, 2],), np.array([1, 2], "float32")),
        ("constant", (2.0, None, (2, 2)), np.full((2, 2), 2.0)),
        ("count_params", (X,), 6),
        ("dtype", (X,), "float64"),
        ("eval", (X,), X),
        ("expand_dims", (X,), X[..., None]),
        ("flatten", (X,), X.ravel()),
        ("gather", (X, [1]), X[1:]),
        ("get_value", (X,), X),
        ("int_shape", (X,), (2, 3)),
        ("l2_normalize", (X, 1), X / np.linalg.norm(X, axis=1, keepdims=True)),
        ("ones", ((2,),), [1, 1]),
        ("permute_dimensions", (X, (1, 0)), X.T),
        ("pow", (X, 2), X**2),
        ("sqrt", (X,), np.sqrt(np.maximum(X, 0))),
        ("switch", (X > 0, lambda: X, lambda: -X), np.abs(X)),
        ("variable", (X,), X),
        ("zeros", ((2,),), [0, 0]),
    ],
)
def test_old_function(name, arguments, expected):
    result = getattr(K, name)(*arguments)
    if isinstance(expected, (list, tuple)) and name == "batch_get_value":
        for ours, theirs in zip(result, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    elif isinstance(expected, (str, int, tuple)):
        assert result == expected
    else:
        np.testing.assert_allclose(np.asarray(result), expected, rtol=1e-6)


def test_variables_are_written():
    v, w = K.variable([1.0]), K.variable([10.0])
    K.set_value(v, [2.0])
    K.batch_set_value([(w, [20.0])])
    assert K.update_add(v, [1.0]) is v
    K.update_sub(w, [1.0])
    assert (float(v.numpy()[0]), float(w.numpy()[0])) == (3.0, 19.0)
    assert float(K.update(v, [5.0]).numpy()[0]) == 5.0


def test_random_numbers_have_the_shape_and_the_distribution():
    normal = np.asarray(K.random_normal((5000,), mean=3.0, stddev=0.5))
    uniform = np.asarray(K.random_uniform((5000,), minval=-1.0, maxval=0.0))
    # four standard errors of the mean
    assert abs(normal.mean() - 3.0) < 4 * 0.5 / np.sqrt(5000)
    assert uniform.min() >= -1
    assert uniform.max() < 0


def test_every_function_of_the_module_is_found_and_nothing_else():
    own = {
        name for name, f in vars(legacy).items() if getattr(f, "__module__", "") == legacy.__name__
    }
    for name in own:
        assert getattr(K, name) is getattr(legacy, name)
    with pytest.raises(AttributeError, match="np"):
        _ = K.np
    assert K.mean is keras.ops.mean


def test_a_loss_of_keras_2_trains():
    def loss(y, p):
        p = K.clip(p, K.epsilon(), 1 - K.epsilon())
        return -K.mean(y * K.log(p) + (1 - y) * K.log(1 - p), axis=-1)

    x, y = np.eye(4, dtype="float32"), np.array([0.0, 1.0, 1.0, 0.0])
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", loss, metrics=["binary_crossentropy"])
    results = model.evaluate(x, y, verbose=0)
    assert results[0] == pytest.approx(results[1], rel=1e-6)
    assert model.fit(x, y, epochs=2, verbose=0).history["loss"][1] < results[0]


def test_epsilon_and_data_format_are_settings():
    K.set_epsilon(1e-3)
    assert keras.config.epsilon() == 1e-3
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_first")
    assert keras.config.image_data_format() == "channels_first"
    K.set_image_data_format("channels_last")
    for setter, value in ((K.set_epsilon, 0.0), (K.set_image_data_format, "rows")):
        with pytest.raises(ValueError, match="Received"):
            setter(value)


def test_uids_count_up_until_the_session_is_cleared():
    K.clear_session()
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")] == [1, 2, 1]
    K.clear_session()
    assert K.get_uid("a") == 1
