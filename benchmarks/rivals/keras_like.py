# SPDX-License-Identifier: Apache-2.0
"""The same code for Keras and for pronghorn."""

from __future__ import annotations

from typing import Any

import numpy as np


class KerasLike:
    keras: Any

    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        keras = self.keras
        *hidden, outputs = work.sizes[1:]
        self.work, self.x, self.y = work, x, y
        self.model = keras.Sequential(
            [
                keras.Input(shape=work.sizes[:1]),
                *(keras.layers.Dense(units, activation=work.activation) for units in hidden),
                keras.layers.Dense(outputs, activation="softmax" if work.classes else None),
            ]
        )
        self.model.set_weights(weights)
        optimizer = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[work.optimizer]
        self.model.compile(
            optimizer=optimizer(learning_rate=work.learning_rate),
            loss="sparse_categorical_crossentropy" if work.classes else "mse",
        )

    def epoch(self) -> None:
        self.epochs(1)

    def epochs(self, count: int) -> None:
        self.model.fit(self.x, self.y, batch_size=self.work.batch, epochs=count, verbose=0)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(self.model.evaluate(x, y, batch_size=1000, verbose=0))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, batch_size=max(32, min(len(x), 1000)), verbose=0)
