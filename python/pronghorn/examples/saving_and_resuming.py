# SPDX-License-Identifier: Apache-2.0
"""Keeps a model: in a file, through an interruption, and as ONNX for other programs.

Run it with `python -m pronghorn.examples.saving_and_resuming`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import pronghorn as keras


class PowerFailure(keras.callbacks.Callback):
    """Ends the training in the middle, as Ctrl-C or a power failure might."""

    def __init__(self, epoch: int):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def build_model() -> keras.Sequential:
    """A classifier of digits; dropout draws random numbers, which are restored too."""
    keras.utils.set_random_seed(42)
    model = keras.Sequential(
        [
            keras.Input((8, 8)),
            keras.layers.Flatten(),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv: Sequence[str] | None = None) -> dict[str, bool]:
    """Returns what was compared, and whether it was the same."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.saving_and_resuming")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the images (10)")
    parser.add_argument("--output", type=Path, default=Path("saving-and-resuming"))
    options = parser.parse_args(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    (x, y), (x_test, _) = keras.datasets.digits.load_data()
    same = {}

    print("One training from the first epoch to the last.")
    model = build_model()
    model.fit(x, y, epochs=options.epochs, verbose=0)
    predictions = model.predict(x_test, verbose=0)

    print("The same again, interrupted half way, and started again with the same lines.")
    for failure in ([PowerFailure(options.epochs // 2)], []):
        backup = keras.callbacks.BackupAndRestore(options.output / "backup")
        resumed = build_model()
        try:
            resumed.fit(x, y, epochs=options.epochs, callbacks=[backup, *failure], verbose=0)
        except KeyboardInterrupt:
            print("  ... interrupted.")
    same["resumed"] = np.array_equal(resumed.predict(x_test, verbose=0), predictions)

    path = options.output / "digits.keras"
    model.save(path)  # Keras can load it, and the other way round
    loaded = keras.saving.load_model(path)
    same["loaded"] = np.array_equal(loaded.predict(x_test, verbose=0), predictions)
    same["optimizer"] = all(  # is in the file as well, so that training can go on
        np.array_equal(a, b)
        for a, b in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True)
    )

    if find_spec("onnx") and find_spec("onnxruntime"):
        import onnxruntime

        resumed.export(options.output / "digits.onnx")
        session = onnxruntime.InferenceSession(options.output / "digits.onnx")
        (answer,) = session.run(None, {session.get_inputs()[0].name: x_test.astype("float32")})
        same["in onnxruntime"] = np.allclose(answer, predictions, atol=1e-5)
    else:
        print("(No ONNX: that needs the packages onnx and onnxruntime.)")

    for what, is_same in same.items():
        print(f"{what:>14}: {'the same' if is_same else 'NOT the same'}")
    return same


if __name__ == "__main__":
    main()
