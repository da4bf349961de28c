# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.callbacks._monitor import Monitor
from pronghorn.callbacks.callback import Callback, Logs


class EarlyStopping(Callback):
    """Ends training when a monitored value has stopped improving.

    An epoch improves if its value beats the best one so far by more than `min_delta`. Training
    stops after `patience` epochs in a row without improvement.

    Args:
        monitor: name in the logs.
        min_delta: least change that counts, as an absolute value.
        patience: epochs without improvement to wait for.
        verbose: 1 says when it stops and what it restores.
        mode: "min", "max", or "auto": losses and errors "min", scores such as accuracy "max".
        baseline: waiting starts again only after epochs that also beat this value.
        restore_best_weights: put back the weights of the best epoch when training ends, on whatever
            way: stopped early, at the last epoch, by another callback, by Ctrl-C or an error.
        start_from_epoch: epochs at the beginning that are not looked at.

    Raises:
        ValueError: for an unknown `mode`, or (in `fit`) if "auto" cannot tell the direction of
            `monitor`.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0))
    >>> stop = keras.callbacks.EarlyStopping("loss", patience=3)
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=10, callbacks=[stop], verbose=0)
    >>> len(history.epoch)
    4
    """

    state_names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._monitor = Monitor("EarlyStopping", monitor, mode)
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self._monitor.read(self.model, logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # Should no epoch ever improve (NaN from the start), the first one is the best.
            self._keep(epoch)
        self.wait += 1
        if self._improves(value, self.best):
            self.best = value
            self._keep(epoch)
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch, {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def on_train_abort(self) -> None:
        """Training was interrupted: the best weights come back all the same."""
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def _improves(self, value: float, reference: float | None) -> bool:
        return self._monitor.improves(value, reference, self.min_delta)
