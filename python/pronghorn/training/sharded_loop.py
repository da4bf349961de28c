# SPDX-License-Identifier: Apache-2.0
"""An epoch of which this process computes a part of every batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pronghorn import _core, ops
from pronghorn.backend import Trace, Variable
from pronghorn.layers.tracking import attributes, held
from pronghorn.optimizers import Optimizer
from pronghorn.training.data import Data
from pronghorn.training.logs import kept_logs
from pronghorn.training.step import declare
from pronghorn.utils.batch_structure import pack_x_y_sample_weight


class ShardedLoop:
    """Like the engine's `BatchLoop`, with a sum over processes between gradients and update.

    The model's `train_step` is traced up to what it gives to the optimizer, with what it does to
    the metrics; the update is a program of its own. All gradients lie in one array, which is added
    up once a step. Its last number is a message: not zero when the first process has left the
    epoch early.

    Args:
        parallel: a `DataParallel`.
        model: compiled and built.
        data: all of the data, the same in every process.
        batch_size: rows of a step, of all processes together.

    Attributes:
        logs: what the last step returned; see `Step`.

    Raises:
        NotImplementedError: the model has several optimizers, or its `train_step` changes weights
            in another way than by one call of the optimizer.
    """

    nonfinite = None

    def __init__(self, parallel: Any, model: Any, data: Data, batch_size: int) -> None:
        if any(o is not model.optimizer for o in held(Optimizer, attributes(model))):
            raise NotImplementedError(
                f"{type(model).__name__} has several optimizers. Distributed training adds up the "
                "gradients of one, `self.optimizer`."
            )
        self._parallel, self._model, self._data = parallel, model, data
        self._batch_size = batch_size
        self._variables = model._trained_variables()
        if not model.optimizer.built:
            model.optimizer.build(self._variables)
        wide = any(v.dtype == "float64" for v in self._variables)
        self._dtype = "float64" if wide else "float32"
        self._sums = np.zeros(sum(v.size for v in self._variables) + 1, self._dtype)
        ends = np.cumsum([v.size for v in self._variables])
        self._gradients = [
            self._sums[end - v.size : end].reshape(v.shape)
            for v, end in zip(self._variables, ends, strict=True)
        ]
        self._programs: dict[tuple[int, int], tuple[_core.Program, Any]] = {}
        self.logs: Any = None
        self._part = 0.0  # of the last batch that was this process's
        self._update: _core.Program | None = None
        parallel.follow_first(self._state())
        for variable in model.variables:  # other random numbers for other rows
            if variable.name == "seed_generator_state" and parallel.rank:
                variable.assign(variable.numpy() + np.array([parallel.rank, 0]))
        self.begin(None)

    def begin(self, order: Any) -> None:
        """Start an epoch: over the given rows, or all in order; those of the first process."""
        order = self._parallel.from_first(order)
        self._order = np.arange(self._data.rows) if order is None else np.asarray(order)
        self.step, self.steps = 0, -(-len(self._order) // self._batch_size)

    def run(self, max_steps: int, seconds: float) -> int:
        """Run up to so many steps (< 0: all), for about so many seconds (<= 0: no limit)."""
        start, began = self.step, time.monotonic()
        stop = self.steps if max_steps < 0 else min(self.steps, self.step + max_steps)
        while self.step < stop:
            self._compute_gradients()
            self._parallel.add_up(self._sums)
            if self._sums[-1] != 0:
                self.step, self._model.stop_training = self.steps, True
                break
            assert self._update is not None
            self._update.run(self._gradients)
            self.step += 1
            if 0 < seconds <= time.monotonic() - began:
                break
        return self.step - start

    def finish(self, early: bool) -> None:
        """At the end of an epoch: metrics of all processes.

        Args:
            early: this process leaves before the others would.
        """
        if early:
            self._sums[:] = 0
            self._sums[-1] = 1
            self._parallel.add_up(self._sums)
        variables = [v for metric in self._model.metrics for v in metric.variables]
        parts = [np.ravel(v.numpy()).astype("float64") for v in variables]
        returned = {} if self.logs is None else self.logs.sources
        for value in returned.values():  # the last batch's: a mean over its rows
            if isinstance(value, Variable) and value.dtype.startswith("float"):
                variables.append(value)
                parts.append(np.ravel(value.numpy()).astype("float64") * self._part)
        totals = np.concatenate(parts)
        self._parallel.add_up(totals)
        for variable in variables:
            value, totals = totals[: variable.size], totals[variable.size :]
            variable.assign(value.reshape(variable.shape).astype(variable.dtype))

    def settle(self) -> None:
        """After callbacks, which only the first process has: be where it is."""
        self._parallel.follow_first(self._state())
        self._model.stop_training = self._parallel.from_first(self._model.stop_training)

    def _state(self) -> list[Any]:
        variables = [*self._model.variables, *self._model.optimizer.variables]
        return [v for v in variables if v.name != "seed_generator_state"]

    def _compute_gradients(self) -> None:
        start = self.step * self._batch_size
        batch = self._order[start : start + self._batch_size]
        rows = batch[self._parallel.share(len(batch))]
        if self._update is None:
            self._compile(max(len(rows), 1), len(batch))
        self._sums[:] = 0
        self._part = len(rows) / len(batch)
        if len(rows):
            key = len(rows), len(batch)
            program, self.logs = self._programs.get(key) or self._compile(*key)
            program.run([a[rows] for a in self._data.arrays], self._gradients)

    def _compile(self, rows: int, of: int) -> tuple[_core.Program, Any]:
        """The program of the gradients for so many rows of a batch of so many, and its logs."""
        model = self._model
        with Trace() as trace:
            parts = declare(trace, rows, self._data.feeds(model))
            with model._compiled.meeting_outputs(), _noting(model.optimizer) as updates:
                returned = model.train_step(pack_x_y_sample_weight(*parts))
            gradients = self._gradients_of(trace, updates)
            sums = [
                ops.zeros(v.shape, self._dtype)
                if gradient is None
                else ops.cast(gradient * (rows / of), self._dtype)
                for v, gradient in zip(self._variables, gradients, strict=True)
            ]
            self.logs = kept_logs(trace, model, returned, "train_step")
            compiled = self._programs[rows, of] = trace.compile(sums), self.logs
        if self._update is None:
            used = [gradient is not None for gradient in gradients]
            with Trace() as trace:
                sums = [trace.input(v.shape, self._dtype) for v in self._variables]
                self._model.optimizer.apply(
                    [
                        ops.cast(total, v.dtype) if is_used else None
                        for total, v, is_used in zip(sums, self._variables, used, strict=True)
                    ],
                    self._variables,
                )
                self._update = trace.compile([])
        return compiled

    def _gradients_of(self, trace: Trace, updates: list[tuple[list[Any], list[Any]]]) -> list[Any]:
        """For each trained variable its gradient or None, from what the optimizer was given."""
        name = f"The `train_step` of {type(self._model).__name__}"
        if len(updates) != 1:
            raise NotImplementedError(
                f"{name} calls its optimizer {len(updates)} times. Distributed training adds up "
                "the gradients of one call."
            )
        given = {id(v): gradient for gradient, v in zip(*updates[0], strict=True)}
        for variable in self._variables:
            if trace.graph.op(trace.node(variable)) != "variable":
                raise NotImplementedError(
                    f"{name} assigns {variable.path!r} itself. Distributed training leaves that to "
                    "the optimizer."
                )
        found = [given.pop(id(v), None) for v in self._variables]
        if given:
            raise NotImplementedError(f"{name} trains variables that the model does not have.")
        return found


@contextmanager
def _noting(optimizer: Any) -> Iterator[list[tuple[list[Any], list[Any]]]]:
    """Within this the optimizer changes nothing; the gradients and variables it gets are noted."""
    updates: list[tuple[list[Any], list[Any]]] = []

    def note(grads: Any, trainable_variables: Any = None) -> None:
        if trainable_variables is None:
            trainable_variables = optimizer._trainable_variables
        updates.append((list(grads), list(trainable_variables)))

    vars(optimizer)["apply"] = note
    try:
        yield updates
    finally:
        del vars(optimizer)["apply"]
