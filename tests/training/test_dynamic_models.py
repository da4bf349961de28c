# SPDX-License-Identifier: Apache-2.0
"""Models whose `call` looks at values: called for every batch, with the traced form's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops

RNG = np.random.default_rng(8)
X = RNG.normal(size=(40, 3)).astype("float32")
Y = np.where(X.mean(axis=1, keepdims=True) > 0, 2 * X[:, :1], -X[:, :1])

LOOKS = pytest.warns(UserWarning, match="looks at the values of tensors")


class Branching(keras.Model):
    """Chooses by a value; `traceable` says the same in ops."""

    def __init__(self, traceable: bool = False) -> None:
        super().__init__()
        self.first, self.last = keras.layers.Dense(6), keras.layers.Dense(1)
        self.traceable = traceable

    def call(self, x):
        z = self.first(x)
        if self.traceable:
            z = ops.where(ops.mean(x) > 0, ops.tanh(z), -z)
        elif ops.mean(x) > 0:
            z = ops.tanh(z)
        else:
            z = -z
        return self.last(z)


class Looping(keras.Model):
    """As many times as the data says."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(3, kernel_initializer="identity")

    def call(self, x):
        for _ in range(int(ops.max(ops.abs(x))) + 1):
            x = self.dense(x)
        return x


def _fit(model: Any, **arguments: Any) -> dict[str, list[float]]:
    model.compile(keras.optimizers.SGD(0.01, momentum=0.5), "mse", metrics=["mae"], **arguments)
    keras.utils.set_random_seed(3)
    return model.fit(
        X, Y, batch_size=8, epochs=4, validation_data=(X[:9], Y[:9]), verbose=0
    ).history


def _close(mine: Any, expected: Any) -> None:
    """To rounding in float32: the two differ in which products are fused into sums."""
    np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


def test_a_branch_on_a_value_trains_like_its_traceable_form() -> None:
    keras.utils.set_random_seed(1)
    dynamic = Branching()
    with LOOKS:
        history = _fit(dynamic)
    keras.utils.set_random_seed(1)
    traced = Branching(traceable=True)
    expected = _fit(traced)
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    for name in history:
        _close(history[name], expected[name])
    for mine, theirs in zip(dynamic.get_weights(), traced.get_weights(), strict=True):
        _close(mine, theirs)
    _close(dynamic.evaluate(X, Y, verbose=0), traced.evaluate(X, Y, verbose=0))
    _close(dynamic.predict(X, batch_size=7, verbose=0), traced.predict(X, batch_size=7, verbose=0))
    _close(dynamic.predict_on_batch(X[:4]), traced.predict_on_batch(X[:4]))
    _close(dynamic.train_on_batch(X, Y), traced.train_on_batch(X, Y))
    _close(dynamic.test_on_batch(X, Y), traced.test_on_batch(X, Y))


def test_a_loop_of_a_length_that_the_data_says() -> None:
    model = Looping()
    with LOOKS:
        found = model.predict(2 * X, batch_size=1, verbose=0)
    np.testing.assert_allclose(found, 2 * X, rtol=1e-6)  # the identity, as often as it be
    model.compile("sgd", "mse")
    with LOOKS:
        first, *_, last = model.fit(X, 0.5 * X, epochs=20, verbose=0).history["loss"]
    assert last < 0.5 * first


def test_told_to_run_eagerly_it_is_silent_and_a_new_compile_tries_again() -> None:
    model = Branching()
    history = _fit(model, run_eagerly=True)
    assert model.run_eagerly
    assert history["loss"][-1] < history["loss"][0]
    with LOOKS:
        _fit(model)
    assert not model.run_eagerly


def test_run_eagerly_may_be_set_at_any_time() -> None:
    seen = []

    class Model(keras.Sequential):
        def call(self, x, training=None):
            seen.append(isinstance(x.value, np.ndarray))
            return super().call(x, training=training)

    model = Model([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.run_eagerly = True
    model.fit(X, Y, batch_size=20, epochs=2, verbose=0)
    assert seen == [True] * 4
    model.run_eagerly = False
    seen.clear()
    model.fit(X, Y, batch_size=20, epochs=2, verbose=0)
    assert seen == [False]  # traced, once


def test_side_effects_happen_for_every_batch(capsys: Any) -> None:
    class Talking(keras.layers.Layer):
        def call(self, x, training=False):
            print("training" if training else "testing", float(ops.sum(x)))
            return x

        def compute_output_shape(self, input_shape):
            return input_shape

    model = keras.Sequential([keras.Input((3,)), Talking(), keras.layers.Dense(1)])
    capsys.readouterr()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, batch_size=20, shuffle=False, verbose=0, validation_data=(X[:5], Y[:5]))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["training", "training", "testing"]
    np.testing.assert_allclose(
        [float(line.split()[1]) for line in lines],
        [X[:20].sum(), X[20:].sum(), X[:5].sum()],
        rtol=1e-5,
    )


def test_the_warning_names_the_line_that_looks() -> None:
    model = Branching()
    with pytest.warns(UserWarning, match=r"test_dynamic_models.py, line \d+: elif ops.mean"):
        model.predict(X, verbose=0)


def test_numpy_in_call_works_batch_by_batch() -> None:
    class Sorted(keras.layers.Layer):
        def call(self, x):
            return ops.convert_to_tensor(np.sort(np.asarray(x), axis=-1))

    model = keras.Sequential([Sorted(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with LOOKS:
        model.fit(X, Y, verbose=0)
    assert model.predict(X, verbose=0).shape == (40, 1)


def test_a_layer_that_looks_at_values_must_tell_its_shape_to_a_functional_model() -> None:
    class Looking(keras.layers.Layer):
        def call(self, x):
            return x if ops.sum(x) > 0 else -x

    with pytest.raises(RuntimeError, match="'looking'.*define `compute_output_shape"):
        keras.Sequential([keras.Input((3,)), Looking()])


def test_batches_of_a_generator_and_steps() -> None:
    model = Branching()
    model.compile("sgd", "mse", run_eagerly=True)
    history = model.fit(((X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)), verbose=0)
    assert len(history.history["loss"]) == 1
    history = model.fit(X, Y, batch_size=8, steps_per_epoch=2, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    weights = np.linspace(0.5, 2, 40)
    history = model.fit(X, Y, sample_weight=weights, batch_size=40, verbose=0)
    assert history.history["loss"][0] > 0


def test_shuffles_are_those_of_native_epochs() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            super().train_step(data)
            return {"first": data[0][0, 0]}

    seen: list[list[float]] = []
    for eagerly in (False, True):
        for shuffle in (True, "batch"):
            keras.utils.set_random_seed(4)
            model = Model([keras.Input((3,)), keras.layers.Dense(1)])
            model.compile("sgd", "mse", run_eagerly=eagerly)
            seen.append([])
            model.fit(
                X,
                Y,
                batch_size=7,
                epochs=2,
                shuffle=shuffle,
                verbose=0,
                callbacks=[
                    keras.callbacks.LambdaCallback(
                        on_train_batch_end=lambda batch, logs: seen[-1].append(logs["first"])
                    )
                ],
            )
    assert seen[0] == seen[2]
    assert seen[1] == seen[3]
    assert seen[0] != seen[1]


def test_monte_carlo_dropout() -> None:
    class MCDropout(keras.layers.Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    for eagerly in (False, True):
        model = keras.Sequential([keras.Input((3,)), MCDropout(0.5), keras.layers.Dense(4)])
        model.compile("sgd", "mse", run_eagerly=eagerly)
        first, second = (model.predict(X, verbose=0) for _ in range(2))
        assert not np.array_equal(first, second)
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(4)])
    samples = np.stack([plain(X, training=True) for _ in range(3)])
    assert samples.shape == (3, 40, 4)
    assert not np.array_equal(samples[0], samples[1])
    np.testing.assert_array_equal(plain(X), plain(X, training=False))
