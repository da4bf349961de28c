# SPDX-License-Identifier: Apache-2.0
"""Trains a network on handwritten digits, and shows what it has learned, in a few seconds.

Run it with `python -m pronghorn.examples.quickstart`; `--help` lists its options.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import pronghorn as keras


def main(argv: Sequence[str] | None = None) -> float:
    """Runs the whole example.

    Args:
        argv: Options of the command line; by default those of the running program.

    Returns:
        The share of held-out images that the trained model recognises.
    """
    options = parse(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    keras.utils.set_random_seed(options.seed)

    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    print(
        f"{len(x_train) + len(x_test):,} handwritten digits of 8x8 pixels: "
        f"{len(x_train):,} to learn from, {len(x_test):,} held out.\n"
    )

    model = build_model()
    model.summary()

    print("\nTraining; a tenth of the training images is used to validate each epoch.")
    history = model.fit(x_train, y_train, epochs=options.epochs, validation_split=0.1)

    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    probabilities = model.predict(x_test, verbose=0)
    right = int(np.sum(probabilities.argmax(axis=1) == y_test))
    print(f"\nHeld-out images: {right} of {len(y_test)} right ({accuracy:.1%}), loss {loss:.3f}.")

    print(plot_curves(history, options.output / "learning_curves.png"))
    show_predictions(x_test, y_test, probabilities)

    weights = options.output / "digits.weights.h5"
    model.save_weights(weights)
    reloaded = build_model()
    reloaded.load_weights(weights)
    if not np.array_equal(reloaded.predict(x_test, verbose=0), probabilities):
        raise RuntimeError(f"A model with the weights of {weights} predicts something else.")
    print(f"Weights saved to {weights}; a fresh model that loaded them predicts the very same.")
    print(f"All in {time.perf_counter() - started:.1f} seconds.")
    return float(accuracy)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Reads the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pronghorn.examples.quickstart",
        description="Train a network on handwritten digits, and show what it has learned.",
    )
    parser.add_argument("--epochs", type=int, default=30, help="passes over the images (30)")
    parser.add_argument("--seed", type=int, default=42, help="the same seed, the same run (42)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("quickstart-results"),
        help="folder for the learning curves and the weights (quickstart-results)",
    )
    return parser.parse_args(argv)


def build_model() -> keras.Sequential:
    """Builds and compiles the classifier: two hidden layers, with dropout against overfitting."""
    model = keras.Sequential(
        [
            keras.Input(shape=(8, 8)),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def plot_curves(history: keras.callbacks.History, path: Path) -> str:
    """Draws loss and accuracy over the epochs into a file, and says so."""
    try:
        axes = history.plot(["loss", "accuracy"])
    except ImportError as error:
        return f"No picture of the learning curves: {error}"
    axes[0].figure.savefig(path)
    return f"Learning curves: {path}"


def show_predictions(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Prints four images that the model reads rightly, and the mistakes that it was surest of."""
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    right = np.flatnonzero(predicted == labels)[:4]
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong])][:4]

    unicode = can_print("█✗")
    shades, cross = (" ░▒▓█", "✗") if unicode else (" .:*#", "x")
    for title, chosen in (("Some predictions:", right), ("Mistakes:", wrong)):
        if not len(chosen):
            continue
        print(f"\n{title}\n")
        captions = [
            f"{predicted[i]} ({min(confidence[i], 0.999):.1%})"  # a network is never certain
            if predicted[i] == labels[i]
            else f"{cross} {predicted[i]} ({confidence[i]:.0%}), is {labels[i]}"
            for i in chosen
        ]
        print(side_by_side([draw(images[i], shades) for i in chosen], captions))
    print()


def can_print(text: str) -> bool:
    """Tells whether the terminal's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def draw(image: np.ndarray, shades: str) -> list[str]:
    """Draws an image of values 0 to 16 with characters, two for each pixel to make it square."""
    levels = np.rint(image / 16 * (len(shades) - 1)).astype(int)
    return ["".join(shades[level] * 2 for level in row) for row in levels]


def side_by_side(pictures: list[list[str]], captions: list[str]) -> str:
    """Joins pictures of 16 columns, with a caption under each."""
    rows = [*zip(*pictures, strict=True), captions]
    return "\n".join("  ".join(cell.center(16) for cell in row).rstrip() for row in rows)


if __name__ == "__main__":
    main()
