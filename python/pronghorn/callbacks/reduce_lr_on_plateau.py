# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from pronghorn.callbacks._monitor import Monitor
from pronghorn.callbacks.callback import Callback, Logs


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a monitored value has stopped improving.

    After `patience` epochs without improvement the rate becomes `max(rate * factor, min_lr)`. The
    logs get the rate the epoch was trained with as `learning_rate`.

    Args:
        monitor: name in the logs.
        factor: what the rate is multiplied by; below 1.
        patience: epochs without improvement to wait for.
        verbose: 1 prints each reduction.
        mode: "min", "max" or "auto".
        min_delta: least change that counts as an improvement.
        cooldown: epochs after a reduction that do not count.
        min_lr: lower bound of the rate.

    Raises:
        ValueError: for `factor` >= 1 or an unknown `mode`.

    Example:
    >>> import pronghorn as keras
    >>> callback = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5)
    """

    state_names = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__()
        if factor >= 1.0:
            raise ValueError(f"`factor` must be below 1. Received: factor={factor}")
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._monitor = Monitor("ReduceLROnPlateau", monitor, mode)
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = float(self.model.optimizer.learning_rate)
        if logs is not None:
            logs["learning_rate"] = rate
        value = self._monitor.read(self.model, logs)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._monitor.improves(value, self.best, self.min_delta):
            self.best = value
            self.wait = 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                self._reduce(epoch, rate)

    def _reduce(self, epoch: int, rate: float) -> None:
        new_rate = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new_rate
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate reduced to {new_rate}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
