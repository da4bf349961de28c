# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's multilayer perceptrons, an epoch at a time."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor


class Sklearn:
    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = MLPClassifier if work.classes else MLPRegressor
        self.work, self.x = work, x
        self.y = y if work.classes or y.shape[1] > 1 else y[:, 0]
        self.model = model(
            hidden_layer_sizes=work.sizes[1:-1],
            activation=work.activation,
            solver=work.optimizer,
            batch_size=work.batch,
            learning_rate_init=work.learning_rate,
            momentum=0.0,
            nesterovs_momentum=False,
            alpha=0.0,
            max_iter=1,
            n_iter_no_change=10**9,
            warm_start=True,
            random_state=0,
        )

    def epoch(self) -> None:
        self.model.fit(self.x, self.y)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        if self.work.classes:
            chosen = self.model.predict_proba(x)[np.arange(len(y)), y]
            return float(-np.log(np.maximum(chosen, 1e-7)).mean())
        return float(np.mean((self.model.predict(x).reshape(y.shape) - y) ** 2))

    def predict(self, x: np.ndarray) -> np.ndarray:
        if not hasattr(self.model, "coefs_"):
            self.epoch()
        return self.model.predict_proba(x) if self.work.classes else self.model.predict(x)


def rival(variant: str) -> type[Sklearn]:
    return Sklearn
