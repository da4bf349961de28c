# SPDX-License-Identifier: Apache-2.0
"""A network with two inputs and two outputs, in the functional API.

Some features go straight to the output ("wide": simple rules), others through hidden layers
("deep": what is less simple); a second output helps the deep part to learn by itself (Cheng et al.,
"Wide & deep learning for recommender systems", 2016). Here the target has both parts, so that one
can see what each is worth.

Run it with `python -m pronghorn.examples.wide_and_deep`; it draws the model into a file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import pronghorn as keras


def make_data(rows: int, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A target that is linear in the wide features and not in the deep ones."""
    random = np.random.default_rng(seed)
    wide = random.normal(size=(rows, 4)).astype("float32")
    deep = random.uniform(-1, 1, size=(rows, 4)).astype("float32")
    simple = wide @ np.array([0.5, -0.4, 0.3, 0.2])
    less_simple = np.sin(3 * deep[:, 0]) * deep[:, 1] + deep[:, 2] ** 2
    noise = 0.1 * random.normal(size=rows)
    return {"wide": wide, "deep": deep}, (simple + less_simple + noise).astype("float32")


def build_model(use_wide: bool = True) -> keras.Model:
    """With the wide input connected to the output, or, to compare, without."""
    wide, deep = keras.Input((4,), name="wide"), keras.Input((4,), name="deep")
    x = keras.layers.Dense(64, activation="relu")(deep)
    x = keras.layers.Dense(64, activation="relu")(x)
    both = keras.layers.concatenate([wide, x]) if use_wide else x
    main_output = keras.layers.Dense(1, name="main")(both)
    auxiliary = keras.layers.Dense(1, name="auxiliary")(x)
    model = keras.Model([wide, deep], {"main": main_output, "auxiliary": auxiliary})
    model.compile(
        optimizer="adam",
        loss={"main": "mse", "auxiliary": "mse"},
        loss_weights={"main": 0.9, "auxiliary": 0.1},
        metrics={"main": ["RootMeanSquaredError"]},
    )
    return model


def main(argv: Sequence[str] | None = None) -> tuple[float, float]:
    """Trains both models; returns their errors on test data, that with the wide part first."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.wide_and_deep")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the data (60)")
    parser.add_argument("--output", type=Path, default=Path("wide-and-deep.png"))
    options = parser.parse_args(argv)
    x, y = make_data(4_000)
    x_test, y_test = make_data(1_000, seed=1)

    errors = []
    for use_wide in (True, False):
        keras.utils.set_random_seed(42)
        model = build_model(use_wide)
        model.fit(x, {"main": y, "auxiliary": y}, epochs=options.epochs, verbose=0)
        scores = model.evaluate(
            x_test, {"main": y_test, "auxiliary": y_test}, return_dict=True, verbose=0
        )
        errors.append(float(np.sqrt(scores["main_loss"])))
        print(f"{'wide and deep' if use_wide else 'deep alone':13}: error {errors[-1]:.3f}")
        if use_wide:
            keras.utils.plot_model(model, options.output, show_shapes=True, show_layer_names=True)
    print(f"(The noise in the target is 0.100, and its deviation {y_test.std():.3f}.)")
    print(f"The model is drawn in {options.output}.")
    return errors[0], errors[1]


if __name__ == "__main__":
    main()
