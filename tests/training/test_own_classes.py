# SPDX-License-Identifier: Apache-2.0
"""Losses, layers, metrics and models of one's own, as chapter 12 of "Hands-On Machine Learning"
writes them, traced and called for every batch.
"""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops

RNG = np.random.default_rng(12)
X = RNG.normal(size=(64, 8)).astype("float32")
Y = (X[:, :1] * 2 - X[:, 1:2]).astype("float32")


def huber_fn(y_true, y_pred):
    error = y_true - y_pred
    is_small_error = ops.abs(error) < 1
    squared_loss = ops.square(error) / 2
    linear_loss = ops.abs(error) - 0.5
    return ops.where(is_small_error, squared_loss, linear_loss)


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        self.threshold = threshold
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = ops.abs(error) < self.threshold
        squared_loss = ops.square(error) / 2
        linear_loss = self.threshold * ops.abs(error) - self.threshold**2 / 2
        return ops.where(is_small_error, squared_loss, linear_loss)


class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        sample_metrics = huber_fn(y_true, y_pred)
        self.total.assign_add(ops.sum(sample_metrics))
        self.count.assign_add(ops.cast(ops.size(y_true), "float32"))

    def result(self):
        return self.total / self.count


def my_glorot_initializer(shape, dtype="float32"):
    return keras.random.normal(shape, stddev=np.sqrt(2.0 / (shape[0] + shape[1])), dtype=dtype)


def my_positive_weights(weights):
    return ops.where(weights < 0.0, ops.zeros_like(weights), weights)


class MyL1Regularizer(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return ops.sum(ops.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


class MyDense(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, batch_input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=[batch_input_shape[-1], self.units], initializer="he_normal"
        )
        self.bias = self.add_weight(name="bias", shape=[self.units], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, X):
        return self.activation(X @ self.kernel + self.bias)


class MyGaussianNoise(keras.layers.Layer):
    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev

    def call(self, X, training=None):
        if training:
            return X + keras.random.normal(ops.shape(X), stddev=self.stddev)
        return X


class ResidualBlock(keras.layers.Layer):
    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [
            keras.layers.Dense(n_neurons, activation="relu", kernel_initializer="he_normal")
            for _ in range(n_layers)
        ]

    def call(self, inputs):
        Z = inputs
        for layer in self.hidden:
            Z = layer(Z)
        return inputs + Z


class ResidualRegressor(keras.Model):
    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(30, activation="relu", kernel_initializer="he_normal")
        self.block1 = ResidualBlock(2, 30)
        self.more = {"block": ResidualBlock(2, 30), "head": [keras.layers.Dense(output_dim)]}

    def call(self, inputs):
        Z = self.hidden1(inputs)
        for _ in range(1 + 3):
            Z = self.block1(Z)
        return self.more["head"][0](self.more["block"](Z))


class ReconstructingRegressor(keras.Model):
    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [keras.layers.Dense(30, activation="relu") for _ in range(3)]
        self.out = keras.layers.Dense(output_dim)
        self.reconstruction_mean = keras.metrics.Mean(name="reconstruction_error")

    def build(self, batch_input_shape):
        n_inputs = batch_input_shape[-1]
        self.reconstruct = keras.layers.Dense(n_inputs)
        self.built = True

    def call(self, inputs, training=None):
        Z = inputs
        for layer in self.hidden:
            Z = layer(Z)
        reconstruction = self.reconstruct(Z)
        self.recon_loss = ops.mean(ops.square(reconstruction - inputs))
        self.add_loss(0.05 * self.recon_loss)
        if training:
            self.reconstruction_mean(self.recon_loss)
        return self.out(Z)


def _sequential() -> Any:
    return keras.Sequential(
        [
            MyGaussianNoise(0.1),
            MyDense(30, activation="relu"),
            keras.layers.Dense(
                30,
                activation=lambda z: ops.log(1.0 + ops.exp(z)),
                kernel_initializer=my_glorot_initializer,
                kernel_regularizer=MyL1Regularizer(0.001),
                kernel_constraint=my_positive_weights,
            ),
            keras.layers.Lambda(lambda z: z * 0.5),
            MyDense(1),
        ]
    )


MAKERS = {
    "layers": _sequential,
    "blocks in lists and dicts": lambda: ResidualRegressor(1),
    "a loss added in call": lambda: ReconstructingRegressor(1),
}


@pytest.mark.parametrize("loss", [huber_fn, HuberLoss(2.0)], ids=["function", "class"])
@pytest.mark.parametrize("name", MAKERS)
def test_the_chapters_classes_train_and_eagerly_do_the_same(name: str, loss: Any) -> None:
    histories, weights = [], []
    for eagerly in (False, True):
        keras.utils.set_random_seed(7)
        model = MAKERS[name]()
        model.compile(
            loss=loss,
            optimizer="nadam",
            metrics=[HuberMetric(2.0, name="huber")],
            run_eagerly=eagerly,
        )
        histories.append(model.fit(X, Y, epochs=6, verbose=0).history)
        weights.append(model.get_weights())
        assert model.evaluate(X, Y, verbose=0)[0] > 0
    first, second = histories
    assert list(first) == list(second)
    assert first["loss"][-1] < first["loss"][0]
    assert first["huber"][-1] > 0
    for key in first:
        np.testing.assert_allclose(first[key], second[key], rtol=1e-3)
    for mine, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-2, atol=1e-3)


def test_an_added_loss_and_its_metric_are_part_of_the_logs() -> None:
    model = ReconstructingRegressor(1)
    model.compile(loss="mse", optimizer="sgd", metrics=["mse"])
    history = model.fit(X, Y, batch_size=64, verbose=0).history
    total = history["mse"][0] + 0.05 * history["reconstruction_error"][0]
    assert history["loss"][0] == pytest.approx(total, rel=1e-5)
    y_pred = model(X)
    assert float(model.losses[0]) == pytest.approx(0.05 * float(model.recon_loss))
    assert y_pred.shape == (64, 1)


def test_a_model_that_keeps_a_traced_tensor_can_be_copied() -> None:
    model = ReconstructingRegressor(1)
    model.compile(loss="mse", optimizer="sgd")
    model.fit(X, Y, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_list_of_inputs_and_a_mask_argument() -> None:
    class Multi(keras.layers.Layer):
        def call(self, inputs, mask=None, training=None):
            a, b = inputs
            assert mask is None
            return [a + b, a * b]

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.multi, self.out = Multi(), keras.layers.Dense(1)

        def call(self, inputs, training=None, mask=None):
            total, product = self.multi(inputs)
            return self.out(keras.layers.concatenate([total, product]))

    model = Model()
    model.compile("sgd", "mse")
    history = model.fit((X[:, :4], X[:, 4:]), Y, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_training_is_handed_on_and_may_be_set_for_one_layer() -> None:
    seen = []

    class Spy(keras.layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.spy, self.out = Spy(), keras.layers.Dense(1)

        def call(self, x):
            return self.out(self.spy(self.spy(x), training=True))

    model = Model()
    model(X)
    seen.clear()
    model(X, training=True)
    model(X, training=False)
    model(X)
    assert seen == [True, True, False, True, False, True]
