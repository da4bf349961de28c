# SPDX-License-Identifier: Apache-2.0
"""NumPy, written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.numpy_mlp import NumpyMLP


class Numpy:
    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        loss = "softmax_crossentropy" if work.classes else "mse"
        self.work, self.x, self.y = work, x, y
        self.network = NumpyMLP(
            weights, loss, work.optimizer, work.learning_rate, activation=work.activation
        )
        self.rng = np.random.default_rng(0)

    def epoch(self) -> None:
        order = self.rng.permutation(len(self.x))
        for start in range(0, len(order), self.work.batch):
            rows = order[start : start + self.work.batch]
            self.network.step(self.x[rows], self.y[rows])

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        self.network.gradients(x, y)
        return float(self.network.last_loss)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.network.forward(x)


def rival(variant: str) -> type[Numpy]:
    return Numpy
