# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

from pronghorn.callbacks.callback import Callback, Logs
from pronghorn.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Shows how training, evaluation or prediction goes; `fit(verbose=...)` adds one by itself.

    `verbose=1` is a live bar, at most ten refreshes a second; `verbose=2` is one line per epoch.
    Where the output cannot show a bar that moves (a file, a pipe), 1 prints lines too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progbar | None = None
        self._in_fit = False
        self._epochs = 1
        self._step = 0
        self._steps: int | None = None  # what the last epoch had, where nobody knew beforehand

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True
        self._epochs = (self.params or {}).get("epochs", 1)
        self._steps = None

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False

    def on_train_abort(self) -> None:
        """Leave the unfinished bar standing on its own line."""
        if self._bar is not None:
            self._bar.abandon()
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin(f"Epoch {epoch + 1}/{self._epochs}" if self._in_fit else "")

    def on_progress(self, step: int, logs: Callable[[], Logs]) -> None:
        """Refresh the bar."""
        self._step = step
        if self._bar is not None and self._bar.is_due():
            self._bar.show(step, list(logs().items()))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin("")

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._end(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin("")

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._end({})

    def _begin(self, title: str) -> None:
        params = self.params or {}
        steps = params.get("steps") or (self._steps if self._in_fit else None)
        self._bar = Progbar(steps, verbose=params.get("verbose", 1), title=title)
        self._step = 0

    def _end(self, logs: Logs | None) -> None:
        if self._bar is not None:
            if self._bar.target is None:
                self._bar.target = self._steps = self._step
            self._bar.finish(list((logs or {}).items()), self._step)
            self._bar = None
