# SPDX-License-Identifier: Apache-2.0
"""Epochs: native for as long as nobody wants to be called, and what happens between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pronghorn.callbacks import CallbackList
from pronghorn.training.logs import log_values
from pronghorn.training.native_epochs import SECONDS, native_epochs
from pronghorn.training.run import Run


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
    model.stop_training = False
    run = model._run = Run(model, training, validation, callbacks.callbacks)
    run.at(epochs.start, 0)
    try:
        callbacks.on_train_begin()
        run.restore(within_epoch=False)
        left = range(run.epoch, run.epoch if run.is_over else epochs.stop)
        native = None if validation else native_epochs(model, training, callbacks)
        if native is not None:
            ended = native.run(left)
        else:
            ended = _epochs_one_by_one(model, training, validation, callbacks, left, frequency, run)
        for epoch, values in ended:
            callbacks.on_epoch_end(epoch, values)
            training.settle()
            run.at(epoch + 1, 0)
            run.logs = values
            callbacks.on_settled()
            if model.stop_training:
                break
        if hasattr(model.optimizer, "finalize_variable_values"):
            model.optimizer.finalize_variable_values(model._trained_variables())
    except BaseException:
        callbacks.on_train_abort()
        raise
    finally:
        model._run = None
    callbacks.on_train_end(run.logs)


def _epochs_one_by_one(
    model: Any,
    training: Any,
    validation: Any,
    callbacks: CallbackList,
    epochs: range,
    frequency: int | frozenset[int],
    run: Run,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Runs epochs, and yields the number and the logs of each when it is over."""
    for epoch in epochs:
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        run.restore(within_epoch=True)
        if not run_epoch(model, training, "train", callbacks, epoch, run=run):
            return  # the data is exhausted: an epoch of nothing has no loss
        training.end_epoch()
        values = log_values(model, training.logs)
        if validation is not None and _is_due(epoch + 1, frequency):
            tested = run_test(model, validation, callbacks, within_fit=True)
            values.update({f"val_{name}": value for name, value in tested.items()})
        yield epoch, values


def run_test(
    model: Any, source: Any, callbacks: CallbackList, within_fit: bool = False
) -> dict[str, Any]:
    """The values after one pass over test batches; none if a validation finds its data exhausted.

    Raises:
        ValueError: there are no batches (outside of `fit`).
    """
    callbacks.on_test_begin()
    model.reset_metrics()
    steps = run_epoch(model, source, "test", callbacks, quiet=within_fit)
    if not steps and not within_fit:
        raise ValueError("`x` yielded no batches: there is nothing to evaluate.")
    values = log_values(model, source.logs) if steps else {}
    callbacks.on_test_end(values)
    return values


def run_epoch(
    model: Any,
    source: Any,
    mode: str,
    callbacks: CallbackList,
    epoch: int = 0,
    quiet: bool = False,
    run: Run | None = None,
) -> int:
    """Run an epoch of steps and return their number; training ends early by `stop_training`.

    Args:
        model: the model, which may be told to stop.
        source: an `ArraySource` or `BatchSource`.
        mode: "train", "test" or "predict": which batch hooks to call.
        callbacks: who wants to know.
        epoch: number of the epoch.
        quiet: no progress (a validation within `fit`).
        run: is told where it is.
    """
    every_batch = callbacks.needs_batches(mode)
    begin = getattr(callbacks, f"on_{mode}_batch_begin")
    end = getattr(callbacks, f"on_{mode}_batch_end")

    def values() -> dict[str, Any]:
        return log_values(model, source.logs) if mode != "predict" else {}

    def batch_logs() -> dict[str, Any]:
        return {"outputs": source.last_predictions()} if mode == "predict" else values()

    step = source.begin(epoch)
    while not (step and mode == "train" and model.stop_training) and source.ready():
        if every_batch:
            begin(step)
            step += source.advance(model.steps_per_execution, 0.0)
            end(step - 1, batch_logs())
            if run is not None:
                run.at(epoch, step)
                if step != source.steps:  # else the epoch is over in a moment
                    callbacks.on_settled()
        else:
            step += source.advance(-1, SECONDS)
        if not quiet:
            callbacks.on_progress(step, values)
    return step


def _is_due(epoch: int, frequency: int | frozenset[int]) -> bool:
    return epoch % frequency == 0 if isinstance(frequency, int) else epoch in frequency
