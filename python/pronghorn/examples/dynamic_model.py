# SPDX-License-Identifier: Apache-2.0
"""A model of one's own class: residual blocks in a loop, a loss of its own, two ways to call it.

Subclassing leaves the structure to Python: `call` may loop, branch on its arguments and use layers
several times. It is traced into a native program like any other model. (Only a `call` that looks at
values, as in `if keras.ops.max(x) > 1`, cannot be: `fit` says so, and calls it for every batch.)

Run it with `python -m pronghorn.examples.dynamic_model`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import pronghorn as keras


@keras.saving.register_keras_serializable("examples")
class ResidualBlock(keras.layers.Layer):
    """Adds what two dense layers make of the inputs to the inputs."""

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = keras.layers.Dense(units, activation="relu")
        self.second = keras.layers.Dense(units)

    def call(self, inputs):
        return keras.ops.relu(inputs + self.second(self.first(inputs)))


@keras.saving.register_keras_serializable("examples")
class ResidualRegressor(keras.Model):
    """Runs one block several times, then another once; also tries to rebuild its inputs.

    The error of the reconstruction is added to the loss: what the hidden layers keep must be enough
    to tell the inputs from.
    """

    def __init__(self, units: int = 32, repeats: int = 3, features: int = 8, **kwargs):
        super().__init__(**kwargs)
        self.units, self.repeats, self.features = units, repeats, features
        self.enter = keras.layers.Dense(units, activation="relu")
        self.again = ResidualBlock(units)
        self.once = ResidualBlock(units)
        self.rebuild = keras.layers.Dense(features)
        self.out = keras.layers.Dense(1)

    def call(self, inputs, training=False):
        x = self.enter(inputs)
        for _ in range(self.repeats):
            x = self.again(x)
        if training:
            error = keras.ops.mean(keras.ops.square(self.rebuild(x) - inputs))
            self.add_loss(0.05 * error)
        return self.out(self.once(x))


def main(argv: Sequence[str] | None = None) -> float:
    """Trains and tests; returns the share of the target's variance that is explained."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.dynamic_model")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the data (60)")
    parser.add_argument("--repeats", type=int, default=3, help="of the first block (3)")
    options = parser.parse_args(argv)
    keras.utils.set_random_seed(42)

    random = np.random.default_rng(0)
    x = random.normal(size=(3_000, 8)).astype("float32")
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * random.normal(size=3_000)
    (x_train, y_train), (x_test, y_test) = keras.utils.split((x, y), (0.8, 0.2))

    model = ResidualRegressor(repeats=options.repeats)
    model.compile(keras.optimizers.Nadam(2e-3), "mse", metrics=["R2Score"])
    model.fit(x_train, y_train, epochs=options.epochs, verbose=2)
    score = model.evaluate(x_test, y_test, verbose=0)[1]
    print(f"\nIt explains {score:.1%} of the variance of new data.")

    # A different structure with the same weights: the loop is ordinary Python.
    model.repeats = 0
    print("Without the repeated block its first outputs would be", end=" ")
    print(np.round(model(x_test[:3]).numpy()[:, 0], 2), "instead of", end=" ")
    model.repeats = options.repeats
    print(np.round(model(x_test[:3]).numpy()[:, 0], 2))
    return float(score)


if __name__ == "__main__":
    main()
