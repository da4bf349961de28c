# SPDX-License-Identifier: Apache-2.0
"""pronghorn as anybody would use it: `fit` and `predict`; and a prepared predictor."""

from __future__ import annotations

from typing import Any

import numpy as np

import pronghorn as keras
from benchmarks.rivals.keras_like import KerasLike


class Pronghorn(KerasLike):
    keras = keras


class Predictor(Pronghorn):
    def __init__(self, work: Any, x: Any, y: Any, weights: Any) -> None:
        super().__init__(work, x, y, weights)
        self._predictor = self.model.predictor(x[: work.batch])
        self._out = self._predictor(x[: work.batch])

    epoch = None  # type: ignore[assignment]

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._predictor(x, out=self._out)


def rival(variant: str) -> type[Pronghorn]:
    return Predictor if variant == "predictor" else Pronghorn
