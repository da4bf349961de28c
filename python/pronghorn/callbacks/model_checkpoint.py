# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pronghorn.callbacks._every_batches import EveryBatches
from pronghorn.callbacks._monitor import Monitor
from pronghorn.callbacks.callback import Callback, Logs

_WEIGHTS = (".weights.h5", ".npz", ".safetensors", ".ckpt")
_MODELS = (".keras", ".h5")


class ModelCheckpoint(Callback):
    """Saves the model, or its weights, as training goes on.

    A file is written whole or not at all: the last one stays if writing the next one fails. Used in
    a second `fit`, the callback goes on from the best value so far.

    Args:
        filepath: where to save. It may hold `{epoch}` (from 1), `{batch}` (from 1, when saving by
            batches) and names of the logs, with formats as in `"{epoch:02d}-{val_loss:.2f}.keras"`.
            Folders that do not exist are made.
        monitor: name in the logs that tells the best.
        verbose: 1 says what is saved.
        save_best_only: save only when `monitor` beats its best value so far.
        save_weights_only: write `model.save_weights(...)`, a file `.weights.h5` (or `.npz`,
            `.safetensors`), and not `model.save(...)`, a file `.keras` or `.h5`.
        mode: "min", "max", or "auto": losses and errors "min", scores such as accuracy "max".
        save_freq: "epoch", or a number of batches after which to save.
        initial_value_threshold: a best value to begin with.

    Raises:
        ValueError: another ending of `filepath`, an unknown `mode` or `save_freq`; in `fit`: "auto"
            cannot tell the direction of `monitor`.
        KeyError: in `fit`: `filepath` holds a name that is not in the logs.

    Example:
    >>> import os, tempfile, numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = keras.callbacks.ModelCheckpoint(
    ...     folder + "/{epoch:02d}.weights.h5", save_weights_only=True
    ... )
    >>> history = model.fit(
    ...     np.ones((4, 2)), np.ones(4), epochs=2, callbacks=[checkpoint], verbose=0
    ... )
    >>> sorted(os.listdir(folder))
    ['01.weights.h5', '02.weights.h5']
    """

    state_names = ("best",)

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__()
        self.filepath = os.fspath(filepath)
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.mode = mode
        self.save_freq = save_freq
        self.best = initial_value_threshold
        endings = _WEIGHTS if save_weights_only else _MODELS
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"ModelCheckpoint with save_weights_only={save_weights_only}: `filepath` must end "
                f"in {' or '.join(map(repr, endings))}. Received: filepath={self.filepath!r}"
            )
        self._monitor = Monitor("ModelCheckpoint", monitor, mode)
        self._frequency = EveryBatches("ModelCheckpoint", save_freq)
        self._epoch = 0
        if not self._frequency.per_epoch:  # only then the loop has to come back after each batch
            self.on_train_batch_end = self._count_batch  # type: ignore[method-assign]

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "batches": self._frequency.seen}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._frequency.seen = state["batches"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._frequency.per_epoch:
            self._save(self._path(epoch, logs or {}), epoch, logs)

    def _count_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._frequency.due():
            path = self._path(self._epoch, {"batch": batch + 1, **(logs or {})})
            self._save(path, self._epoch, logs)

    def _path(self, epoch: int, values: Logs) -> str:
        try:
            return self.filepath.format(epoch=epoch + 1, **values)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: `filepath` holds the name {error}, which is not in the logs. "
                f"Available: {', '.join(values)}. Received: filepath={self.filepath!r}"
            ) from error

    def _save(self, path: str, epoch: int, logs: Logs | None) -> None:
        note = ""
        if self.save_best_only:
            value = self._monitor.read(self.model, logs)
            # Without a value nobody can tell; better one file too many than none.
            if value is not None:
                if not self._monitor.improves(value, self.best, 0.0):
                    self._say(epoch, f"{self.monitor} did not improve from {_shown(self.best)}")
                    return
                note = f"{self.monitor} improved from {_shown(self.best)} to {value:.5f}, "
                self.best = value
        self._say(epoch, f"{note}saving model to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: {text}")


def _shown(value: float | None) -> str:
    return "None" if value is None else f"{value:.5f}"
