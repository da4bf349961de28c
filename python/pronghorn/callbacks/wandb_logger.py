# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn._extras import require
from pronghorn.callbacks._run_settings import numbers_in, settings_of
from pronghorn.callbacks.callback import Callback, Logs


class WandbLogger(Callback):
    """Logs training to Weights & Biases: settings, and the values of each epoch.

    It logs into the current run, or begins one and finishes it with the training. It needs the
    package `wandb`.

    Args:
        **init: arguments of `wandb.init`, such as `project` and `name`, for a run of its own.

    Raises:
        ImportError: the package is missing.

    Example:
    >>> import pronghorn as keras
    >>> def fit_and_track(model, x, y):
    ...     model.fit(x, y, callbacks=[keras.callbacks.WandbLogger(project="digits")])
    """

    def __init__(self, **init: Any) -> None:
        super().__init__()
        require("wandb", "wandb", "The callback WandbLogger")
        self.init = init
        self._run: Any = None
        self._owns_run = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        import wandb

        self._owns_run = wandb.run is None
        self._run = wandb.init(**self.init) if self._owns_run else wandb.run
        self._run.config.update(settings_of(self.model, self.params), allow_val_change=True)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._run.log({"epoch": epoch, **numbers_in(logs)})

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._finish(0)

    def on_train_abort(self) -> None:
        """The run is marked as failed."""
        self._finish(1)

    def _finish(self, exit_code: int) -> None:
        if self._owns_run:
            self._run.finish(exit_code=exit_code)
        self._run, self._owns_run = None, False
