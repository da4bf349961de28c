# SPDX-License-Identifier: Apache-2.0
"""Finds a learning rate in a few hundred steps, and checks it against others.

Run it with `python -m pronghorn.examples.learning_rate_finder`; the sweep is drawn into a file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pronghorn as keras


def build_model(optimizer: str, learning_rate: float = 0.01) -> keras.Sequential:
    """The same first weights every time."""
    keras.utils.set_random_seed(42)
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Flatten(),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        {"class_name": optimizer, "config": {"learning_rate": learning_rate}},
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def main(argv: Sequence[str] | None = None) -> dict[float, float]:
    """Returns the learning rates that were tried with the loss after training."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.learning_rate_finder")
    parser.add_argument("--optimizer", default="SGD", help="class of the optimizer (SGD)")
    parser.add_argument("--epochs", type=int, default=10, help="of each check (10)")
    parser.add_argument("--output", type=Path, default=Path("learning-rate.png"))
    options = parser.parse_args(argv)
    (x, y), (x_test, y_test) = keras.datasets.digits.load_data()

    sweep = keras.utils.find_learning_rate(build_model(options.optimizer), x, y)
    sweep.plot().figure.savefig(options.output)
    print(f"{len(sweep.rates)} steps suggest a learning rate of {sweep.suggestion:.2g}", end=" ")
    print(f"(drawn in {options.output}).\n\nIs it any good? {options.epochs} epochs each:\n")

    losses = {}
    print("learning rate   loss on held-out images   accuracy")
    for factor in (1 / 100, 1 / 10, 1, 10, 100):
        rate = sweep.suggestion * factor
        model = build_model(options.optimizer, rate)
        model.fit(x, y, epochs=options.epochs, verbose=0)
        losses[rate], accuracy = model.evaluate(x_test, y_test, verbose=0)
        mark = "  <- suggestion" if factor == 1 else ""
        print(f"{rate:13.2g}   {losses[rate]:23.3f}   {accuracy:8.1%}{mark}")
    return losses


if __name__ == "__main__":
    main()
