# SPDX-License-Identifier: Apache-2.0
"""Predicts the value of houses in Californian districts: regression, with features that differ.

Run it with `python -m pronghorn.examples.california_housing`. The data of the census of 1990 are
downloaded once; without a network it takes invented districts, and says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import pronghorn as keras


def load_data() -> tuple:
    """Features and values in 100,000 dollars, to train and to test with."""
    try:
        (x, y), (x_test, y_test) = keras.datasets.california_housing.load_data()
        return (x, y / 1e5), (x_test, y_test / 1e5)
    except (OSError, ValueError) as error:
        print(f"No census data ({error}).\nThese are 2,000 invented districts instead.\n")
    random = np.random.default_rng(0)
    # Income, age, rooms, bedrooms, population, people per household, latitude, longitude.
    scale = np.array([1.9, 12.6, 2.5, 0.5, 1100.0, 10.0, 2.1, 2.0], "float32")
    z = random.normal(size=(2_000, 8)).astype("float32")
    y = 2.0 + 0.8 * z[:, 0] - 0.3 * z[:, 6] * z[:, 7] + 0.1 * random.normal(size=2_000)
    return (z[:1_600] * scale, y[:1_600]), (z[1_600:] * scale, y[1_600:])


def build_model(x: np.ndarray) -> keras.Sequential:
    """Features of any scale come in: the first layer knows their means and deviations."""
    normalize = keras.layers.Normalization()
    normalize.adapt(x)
    hidden = [keras.layers.Dense(50, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((8,)), normalize, *hidden, keras.layers.Dense(1)])
    # A few districts are far out of range; the Huber loss does not let them lead.
    model.compile(keras.optimizers.Adam(1e-3), "huber", metrics=["RootMeanSquaredError"])
    return model


def main(argv: Sequence[str] | None = None) -> float:
    """Trains and tests; returns the error of the prediction relative to that of the mean."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.california_housing")
    parser.add_argument("--epochs", type=int, default=100, help="at most (100)")
    options = parser.parse_args(argv)
    keras.utils.set_random_seed(42)

    (x, y), (x_test, y_test) = load_data()
    (x_train, y_train), validation = keras.utils.split((x, y), (0.85, 0.15))
    model = build_model(x_train)
    stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    model.fit(
        x_train,
        y_train,
        epochs=options.epochs,
        validation_data=validation,
        callbacks=[stop],
    )

    rmse = model.evaluate(x_test, y_test, verbose=0)[1]
    by_mean = float(np.sqrt(np.mean((y_test - y_train.mean()) ** 2)))
    print(f"\nThe prediction is off by {1e5 * rmse:,.0f} dollars (root of the mean square);")
    print(f"who always says the mean is off by {1e5 * by_mean:,.0f}.\n")
    print("three districts:  predicted    true")
    for predicted, true in zip(model.predict(x_test[:3], verbose=0)[:, 0], y_test, strict=False):
        print(f"                 {1e5 * predicted:10,.0f} {1e5 * true:10,.0f}")
    return rmse / by_mean


if __name__ == "__main__":
    main()
