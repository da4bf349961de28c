# SPDX-License-Identifier: Apache-2.0
"""Networks trained on real data reach the accuracy that such networks are known to reach."""

from __future__ import annotations

import pronghorn as keras


def test_mnist_with_two_hidden_layers_is_read_with_97_5_percent(offline_dataset):
    offline_dataset("mnist")
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.1),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=32, epochs=10, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    assert accuracy >= 0.975


def test_california_housing_is_predicted_with_a_squared_error_of_0_36(offline_dataset):
    offline_dataset("california_housing")
    (x_train, y_train), (x_test, y_test) = keras.datasets.california_housing.load_data()
    mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
    model = keras.Sequential(
        [
            keras.Input(shape=(8,)),
            keras.layers.Dense(30, activation="relu"),
            keras.layers.Dense(30, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss="mse")
    hundred_thousand_dollars = 1e5
    model.fit(
        (x_train - mean) / deviation,
        y_train / hundred_thousand_dollars,
        batch_size=32,
        epochs=20,
        verbose=0,
    )
    mse = model.evaluate((x_test - mean) / deviation, y_test / hundred_thousand_dollars, verbose=0)
    assert mse <= 0.36
