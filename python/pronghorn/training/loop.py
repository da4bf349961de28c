# SPDX-License-Identifier: Apache-2.0
"""One pass over the batches of a source, native for as long as nobody wants to be called."""

from __future__ import annotations

from typing import Any

from pronghorn.callbacks import CallbackList
from pronghorn.training.compiled import logs_of

# The engine comes back to Python about ten times a second: for the progress bar and for Ctrl-C.
_SECONDS = 0.1


def run_epoch(
    model: Any, source: Any, mode: str, callbacks: CallbackList, epoch: int, quiet: bool = False
) -> None:
    """Run an epoch of steps; training ends early if `stop_training` is set.

    Args:
        model: the model, for the values the callbacks see.
        source: an `ArraySource` or `BatchSource`.
        mode: "train", "test" or "predict": which batch hooks to call.
        callbacks: who wants to know.
        epoch: number of the epoch.
        quiet: no progress (a validation within `fit`).
    """
    every_batch = callbacks.needs_batches(mode)
    begin = getattr(callbacks, f"on_{mode}_batch_begin")
    end = getattr(callbacks, f"on_{mode}_batch_end")

    def logs() -> dict[str, Any]:
        return {} if mode == "predict" else logs_of(model)

    source.begin(epoch)
    step = 0
    while source.ready():
        if every_batch:
            begin(step)
            source.advance(1, 0.0)
            end(step, logs())
            step += 1
        else:
            step += source.advance(-1, _SECONDS)
        if not quiet:
            callbacks.on_progress(step, logs)
        if mode == "train" and model.stop_training:
            break
