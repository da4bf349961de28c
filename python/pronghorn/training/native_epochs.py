# SPDX-License-Identifier: Apache-2.0
"""Epochs one after the other in the engine, where nobody wants anything between them but the logs.

An epoch of a small network takes less time than its end in Python, and threads that train networks
side by side would wait for each other there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pronghorn import _core
from pronghorn.callbacks import CallbackList
from pronghorn.metrics import Metric
from pronghorn.training.array_source import ArraySource
from pronghorn.training.logs import log_values, plain
from pronghorn.training.step_methods import StepMethods

# The engine comes back to Python about ten times a second: for the progress bar and for Ctrl-C.
SECONDS = 0.1

_MOST = 1024  # epochs in a call: there is memory for the logs of so many


def native_epochs(model: Any, source: Any, callbacks: CallbackList) -> NativeEpochs | None:
    """Epochs of `fit` without validation that run in the engine; None if they cannot.

    Args:
        model: about to be trained.
        source: of batches.
        callbacks: of which one may want to be called.
    """
    if not isinstance(source, ArraySource) or callbacks.needs_epochs():
        return None
    if type(model).reset_metrics is not StepMethods.reset_metrics:
        return None
    metrics = model.metrics
    if any(type(metric).reset_state is not Metric.reset_state for metric in metrics):
        return None
    loop = source.epochs([variable for metric in metrics for variable in metric.variables])
    return None if loop is None else NativeEpochs(model, source, callbacks, loop)


class NativeEpochs:
    """Epochs that the engine runs; made by `native_epochs`."""

    def __init__(
        self, model: Any, source: ArraySource, callbacks: CallbackList, loop: _core.Epochs
    ) -> None:
        self._model, self._source, self._callbacks, self._loop = model, source, callbacks, loop

    def run(self, epochs: range) -> Iterator[tuple[int, dict[str, Any]]]:
        """Runs epochs, and yields the number and the logs of each some time after it is over."""
        names, _ = self._source.logs.summary
        epoch = epochs.start
        while epoch < epochs.stop:
            ended, results = self._loop.run(epoch, min(epochs.stop, epoch + _MOST), SECONDS)
            self._source.look_at_losses(epoch + ended)
            for values in zip(*(result[:ended] for result in results), strict=True):
                yield epoch, dict(zip(names, map(plain, values), strict=True))
                epoch += 1
            self._callbacks.on_progress(self._source.step, self._logs)
            if self._model.stop_training:
                if self._loop.within:
                    yield epoch, self._logs()
                return

    def _logs(self) -> dict[str, Any]:
        return log_values(self._model, self._source.logs)
