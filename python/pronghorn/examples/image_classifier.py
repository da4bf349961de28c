# SPDX-License-Identifier: Apache-2.0
"""Classifies small images, with callbacks that watch the training, and TensorBoard.

Run it with `python -m pronghorn.examples.image_classifier`: it learns the handwritten digits that
come with the package. `--data mnist` and `--data fashion_mnist` take the larger sets (downloaded
once), and `tensorboard --logdir image-classifier` shows the curves while it trains.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pronghorn as keras

FASHION = [
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Boot"),
]


def build_model(shape: tuple[int, ...], brightest: float) -> keras.Sequential:
    """Two hidden layers; pixels become numbers from 0 to 1 within the model."""
    model = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1 / brightest),
            keras.layers.Flatten(),
            keras.layers.Dense(300, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(100, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def main(argv: Sequence[str] | None = None) -> float:
    """Trains, tests and draws; returns the share of test images that are classified rightly."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.image_classifier")
    parser.add_argument("--data", choices=["digits", "mnist", "fashion_mnist"], default="digits")
    parser.add_argument("--epochs", type=int, default=50, help="at most (50)")
    parser.add_argument("--output", type=Path, default=Path("image-classifier"))
    options = parser.parse_args(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(42)

    data = import_module(f"pronghorn.datasets.{options.data}")
    (x, y), (x_test, y_test) = data.load_data()
    (x_train, y_train), validation = keras.utils.split((x, y), (0.85, 0.15), stratify=y)

    model = build_model(x.shape[1:], float(x.max()))
    best = options.output / "best.weights.h5"
    history = model.fit(
        x_train,
        y_train,
        epochs=options.epochs,
        validation_data=validation,
        callbacks=[
            keras.callbacks.ModelCheckpoint(best, save_best_only=True, save_weights_only=True),
            keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.3),
            keras.callbacks.EarlyStopping(patience=8),
            keras.callbacks.TensorBoard(options.output / "logs", histogram_freq=5),
        ],
    )
    model.load_weights(best)
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"\nOf {len(x_test):,} test images {accuracy:.1%} are right; the loss is {loss:.3f}.")

    axes = keras.utils.plot_confusion_matrix(
        y_test,
        model.predict(x_test, verbose=0),
        class_names=FASHION if options.data == "fashion_mnist" else range(10),
    )
    axes.figure.savefig(options.output / "confusion.png")
    history.plot()[0].figure.savefig(options.output / "curves.png")
    print(f"Curves, confusions and logs are in {options.output}/.")
    return float(accuracy)


if __name__ == "__main__":
    main()
