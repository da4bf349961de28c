# SPDX-License-Identifier: Apache-2.0
"""One batch of training, testing or prediction as a compiled program.

A step is traced from the model once per mode, batch size and shapes of the data:

    y_pred = model(x)                       # forward
    loss   = compute_loss(y, y_pred) + penalties
    metrics and running means               # assigned to their variables
    optimizer.apply(gradients(loss))        # training only

Everything that changes (weights, optimizer slots, metric totals, seeds) is a variable, so the
programs of full and of last, shorter batches share it, and so do training and validation.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.backend import KerasTensor, Trace
from pronghorn.layers.symbolic import call_symbolically
from pronghorn.training.data import Data, signature
from pronghorn.training.targets import LabelRange, align, output_names


@dataclass(frozen=True)
class Step:
    """A compiled step.

    Attributes:
        key: mode, batch size and shapes it was traced for.
        program: takes the arrays of x, y and sample weights in order; returns the predictions, or
            nothing.
        outputs: the predictions' structure with an `Output` for each; None unless predicting.
        label_ranges: what sparse targets may hold; to be checked before the program sees them.
    """

    key: Any
    program: Any
    outputs: Any
    label_ranges: tuple[LabelRange, ...]

    def predict(self, arrays: list[np.ndarray]) -> Any:
        """The predictions for one batch, in the structure of the model's output."""
        return pack(self.outputs, self.program.run(arrays))

    def check(self, data: Data) -> None:
        """Raise a ValueError if a sparse target holds anything but a class number."""
        labels = flatten(data.y)
        for label_range in self.label_ranges:
            label_range.check(labels[label_range.place])


@dataclass(frozen=True)
class Output:
    """Shape (with the batch) and dtype of one prediction."""

    shape: tuple[int, ...]
    dtype: str


class Steps:
    """The compiled steps of one model; any number of threads may run the same one at once.

    A copy or pickle of a model starts with none.
    """

    def __init__(self) -> None:
        self._steps: dict[Any, Step] = {}
        self._predictions: dict[Any, Step] = {}
        self.lock = threading.RLock()

    def __reduce__(self) -> tuple[type[Steps], tuple[()]]:
        return Steps, ()

    def get(self, model: Any, mode: str, batch_size: int, data: Data) -> Step:
        """The step for `batch_size` rows of `data`, compiled if need be."""
        feeds = data.feeds(model)
        key = (mode, batch_size, signature(feeds))
        with self.lock:
            if key not in self._steps:
                self._steps[key] = trace_step(model, key, feeds)
            return self._steps[key]

    def __iter__(self) -> Iterator[Step]:
        """All that have been compiled."""
        return iter(list(self._steps.values()))

    def prediction(self, x: Any) -> Step | None:
        """The step that predicted from such an array before, which needs no check again."""
        return self._predictions.get((x.shape, x.dtype)) if type(x) is np.ndarray else None

    def keep_prediction(self, x: np.ndarray, step: Step) -> None:
        """Note that the step predicts from arrays like x, whole and as they are."""
        self._predictions[x.shape, x.dtype] = step


def trace_step(model: Any, key: Any, feeds: tuple[Any, Any, Any]) -> Step:
    """Trace and compile one step. Changes nothing in the model but what building it creates."""
    mode, batch_size, _ = key
    training = mode == "train"
    with Trace() as trace:
        x, y, sample_weight = (
            map_leaves(lambda feed: trace.input((batch_size, *feed.shape), feed.dtype), part)
            for part in feeds
        )
        y_pred = model(x, training=training)
        if mode == "predict":
            outputs = map_leaves(lambda t: Output(tuple(t.shape), t.dtype), y_pred)
            _check_batch_axis(outputs, batch_size, model)
            return Step(key, trace.compile(flatten(y_pred)), outputs, ())

        compiled, names = model._compiled, getattr(model, "output_names", None)
        with compiled.binding(names):
            y = align(y, y_pred, output_names(y_pred, names))
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=training)
            _check_scalar(loss)
            compiled.loss_tracker.update_state(loss, sample_weight=float(batch_size))
            model.compute_metrics(x, y, y_pred, sample_weight)
            if training:
                _update(trace, model, loss)
            ranges = compiled.loss.label_ranges(y, y_pred) if compiled.loss is not None else []
            return Step(key, trace.compile([]), None, tuple(ranges))


def build(model: Any, data: Data) -> None:
    """Create the weights of a model that has not seen data yet, for batches of any size."""
    with model._steps.lock:  # of several threads the first builds
        if getattr(model, "built", False):
            return
        x, _, _ = data.feeds(model)
        x = map_leaves(lambda feed: KerasTensor((None, *feed.shape), feed.dtype), x)
        call_symbolically(model, [x], {})


def _update(trace: Any, model: Any, loss: Any) -> None:
    variables = model._trained_variables()
    gradients = trace.gradients(model.optimizer.scale_loss(loss), variables)
    if all(gradient is None for gradient in gradients):
        raise ValueError(
            f"Model {model.name!r} has no trainable weight on which the loss depends: "
            "there is nothing to train."
        )
    model.optimizer.apply(gradients, variables)


def _check_scalar(loss: Any) -> None:
    if tuple(loss.shape) != ():
        raise ValueError(
            "The loss must be one number for the whole batch: use a loss with a reduction such as "
            f"'sum_over_batch_size'. Received: a loss of shape {tuple(loss.shape)}"
        )


def _check_batch_axis(outputs: Any, batch_size: int, model: Any) -> None:
    for output in flatten(outputs):
        if not output.shape or output.shape[0] != batch_size:
            raise ValueError(
                f"Each output of a model needs one row per sample. Model {model.name!r} returned "
                f"the shape {output.shape} for {batch_size} samples."
            )
