# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from typing import Any

from pronghorn.callbacks.callback import Callback, Logs


class _Values(dict[str, list[Any]]):
    """Log name -> values."""

    def __missing__(self, name: str) -> list[Any]:
        if name == "lr" and "learning_rate" in self:
            warnings.warn(
                "`lr` is the old name of `learning_rate`.", DeprecationWarning, stacklevel=2
            )
            return self["learning_rate"]
        raise KeyError(name)


class History(Callback):
    """Records the logs of every epoch; `fit` adds one by itself and returns it.

    Attributes:
        epoch: the epochs seen, from 0.
        history: log name -> one value per epoch. The learning rate, if a callback logs it, is also
            found as `"lr"`, its name in Keras 2.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0)
    >>> len(history.history["loss"])
    3
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = _Values()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
