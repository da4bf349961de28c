# SPDX-License-Identifier: Apache-2.0
"""Epochs: native for as long as nobody wants to be called, and what happens between them."""

from __future__ import annotations

from typing import Any

from pronghorn.callbacks import CallbackList
from pronghorn.training.compiled import logs_of

# The engine comes back to Python about ten times a second: for the progress bar and for Ctrl-C.
_SECONDS = 0.1


def run_training(
    model: Any,
    training: Any,
    validation: Any,
    callbacks: CallbackList,
    epochs: range,
    frequency: int | frozenset[int],
) -> None:
    """Train for some epochs, when everything is known to fit.

    Args:
        model: compiled.
        training: source of training batches.
        validation: source of test batches, or None.
        callbacks: who wants to know.
        epochs: numbers of the epochs, from 0.
        frequency: validate every so many epochs, or after these (from 1).
    """
    logs: dict[str, Any] = {}
    model.stop_training = False
    try:
        callbacks.on_train_begin()
        for epoch in epochs:
            model.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            run_epoch(model, training, "train", callbacks, epoch)
            logs = logs_of(model)
            if validation is not None and _is_due(epoch + 1, frequency):
                test_logs = run_test(model, validation, callbacks, within_fit=True)
                logs.update({f"val_{name}": value for name, value in test_logs.items()})
            callbacks.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if hasattr(model.optimizer, "finalize_variable_values"):
            model.optimizer.finalize_variable_values(model._trained_variables())
    except BaseException:
        callbacks.on_train_abort()
        raise
    callbacks.on_train_end(logs)


def run_test(
    model: Any, source: Any, callbacks: CallbackList, within_fit: bool = False
) -> dict[str, Any]:
    """The logs of one pass over test batches."""
    callbacks.on_test_begin()
    model.reset_metrics()
    run_epoch(model, source, "test", callbacks, 0, quiet=within_fit)
    logs = logs_of(model)
    callbacks.on_test_end(logs)
    return logs


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


def _is_due(epoch: int, frequency: int | frozenset[int]) -> bool:
    return epoch % frequency == 0 if isinstance(frequency, int) else epoch in frequency
