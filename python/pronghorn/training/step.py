# SPDX-License-Identifier: Apache-2.0
"""One batch of training, testing or prediction as a compiled program.

A step is traced from the model's `train_step`, `test_step` or `predict_step` once for each batch
size and shapes of the data. Everything that changes (weights, optimizer slots, metric totals,
seeds) is a variable, so the programs of full and of last, shorter batches share it, and so do
training and validation.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.backend import KerasTensor, NoValueError, Trace, convert_to_tensor
from pronghorn.layers.symbolic import call_symbolically
from pronghorn.training.data import Data, signature
from pronghorn.training.eager_step import EagerStep, warn_of_values
from pronghorn.training.logs import KeptLogs, kept_logs
from pronghorn.training.targets import LabelRange
from pronghorn.utils.batch_structure import pack_x_y_sample_weight


@dataclass(frozen=True)
class Step:
    """A compiled step.

    Attributes:
        key: mode, batch size and shapes it was traced for.
        program: takes the arrays of x, y and sample weights in order; returns the predictions, the
            loss (training), or nothing (testing).
        outputs: the predictions' structure with an `Output` for each; None unless predicting.
        label_ranges: what sparse targets may hold; to be checked before the program sees them.
        logs: where to find what the step returned, see `KeptLogs`.
    """

    key: Any
    program: Any
    outputs: Any = None
    label_ranges: tuple[LabelRange, ...] = ()
    logs: KeptLogs | None = None

    def run(self, arrays: list[np.ndarray], out: list[np.ndarray] | None = None) -> Any:
        """One step on the arrays of a batch; returns the predictions as a flat list."""
        return self.program.run(arrays, out)

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
        self._eager = False  # whether a step turned out to look at values
        self.lock = threading.RLock()

    def __reduce__(self) -> tuple[type[Steps], tuple[()]]:
        return Steps, ()

    def get(self, model: Any, mode: str, batch_size: int, data: Data) -> Step | EagerStep:
        """The step for `batch_size` rows of `data`, compiled if need be and possible."""
        feeds = data.feeds(model)
        with self.lock:
            if not (self._eager or model.run_eagerly):
                key = (mode, batch_size, signature(feeds))
                if key in self._steps:
                    return self._steps[key]
                try:
                    self._steps[key] = trace_step(model, key, feeds)
                    return self._steps[key]
                except NoValueError as error:
                    self._eager = True
                    self._steps.clear()
                    warn_of_values(model, error)
            return EagerStep(model, mode, feeds)

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
    with Trace() as trace:
        parts = declare(trace, batch_size, feeds)
        step = getattr(model, f"{mode}_step")
        if mode == "predict":
            y_pred = map_leaves(convert_to_tensor, step(pack_x_y_sample_weight(parts[0])))
            outputs = map_leaves(lambda t: Output(tuple(t.shape), t.dtype), y_pred)
            _check_batch_axis(outputs, batch_size, model)
            return Step(key, trace.compile(flatten(y_pred)), outputs)

        with model._compiled.meeting_outputs() as labels:
            logs = kept_logs(trace, model, step(pack_x_y_sample_weight(*parts)), f"{mode}_step")
            ranges = _ranges_of_inputs(trace, labels, flatten(parts[1]))
            if trace.watched is None:
                return Step(key, trace.compile(), None, ranges, logs)
            program = trace.compile([trace.watched], watched=_trained(model))
            return Step(key, program, None, ranges, logs)


def _trained(model: Any) -> list[Any]:
    """The variables that training changes, those nearest to the loss first."""
    slots = getattr(model.optimizer, "variables", ())
    return [*reversed(model._trained_variables()), *slots]


def run_batch(model: Any, mode: str, data: Data) -> tuple[Any, list[np.ndarray]]:
    """One step on one batch; returns the step and the predictions, if any."""
    data = data.as_dense()
    step = step_for(model, mode, data, data.rows)
    return step, step.run(data.arrays)


def step_for(model: Any, mode: str, data: Data, rows: int) -> Any:
    """The step for so many rows of data, which are checked."""
    build(model, data)
    step = model._steps.get(model, mode, rows, data)
    step.check(data)
    return step


def declare(trace: Trace, rows: int, feeds: tuple[Any, Any, Any]) -> list[Any]:
    """Inputs of the trace for so many rows of x, y and the weights."""
    return [
        map_leaves(lambda feed: trace.input((rows, *feed.shape), feed.dtype), part)
        for part in feeds
    ]


def build(model: Any, data: Data) -> None:
    """Create the weights of a model that has not seen data yet, for batches of any size."""
    with model._steps.lock:  # of several threads the first builds
        if getattr(model, "built", False):
            return
        feeds, _, _ = data.feeds(model)
        x = map_leaves(lambda feed: KerasTensor((None, *feed.shape), feed.dtype), feeds)
        try:
            call_symbolically(model, [x], {})
        except NoValueError:  # what it calls depends on the values: here are some
            rows = zip(flatten(data.take(slice(0, 32)).x), flatten(feeds), strict=True)
            model(pack(feeds, [convert_to_tensor(a, f.dtype) for a, f in rows]), training=False)
        except NotImplementedError:  # a model without `call`: its `train_step` makes the weights
            return


def _ranges_of_inputs(
    trace: Trace, labels: list[tuple[Any, LabelRange]], y: list[Any]
) -> tuple[LabelRange, ...]:
    """The ranges of those labels that are arrays of y, if need be in another shape or dtype."""
    places = {trace.node(tensor): place for place, tensor in enumerate(y)}
    found = []
    for tensor, label_range in labels:
        node = trace.node(tensor)
        while node not in places and trace.graph.op(node) in ("reshape", "cast"):
            (node,) = trace.graph.inputs(node)
        if node in places:
            found.append(label_range._replace(place=places[node]))
    return tuple(found)


def _check_batch_axis(outputs: Any, batch_size: int, model: Any) -> None:
    for output in flatten(outputs):
        if not output.shape or output.shape[0] != batch_size:
            raise ValueError(
                f"Each output of a model needs one row per sample. Model {model.name!r} returned "
                f"the shape {output.shape} for {batch_size} samples."
            )
