# SPDX-License-Identifier: Apache-2.0
"""An epoch of which this process computes a part of every batch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from pronghorn import _core, ops
from pronghorn.backend import Trace
from pronghorn.training.data import Data
from pronghorn.training.step import declare
from pronghorn.training.step_methods import StepMethods


class ShardedLoop:
    """Like the engine's `BatchLoop`, with a sum over processes between gradients and update.

    All gradients lie in one array, which is added up once a step. Its last number is a message: not
    zero when the first process has left the epoch early.

    Args:
        parallel: a `DataParallel`.
        model: compiled and built.
        data: all of the data, the same in every process.
        batch_size: rows of a step, of all processes together.
    """

    nonfinite = None

    def __init__(self, parallel: Any, model: Any, data: Data, batch_size: int) -> None:
        if type(model).train_step is not StepMethods.train_step:
            raise NotImplementedError(
                f"{type(model).__name__} has a `train_step` of its own. Distributed training knows "
                "only that of `Model`: override `compute_loss` or `call`."
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
        self._programs: dict[tuple[int, int], _core.Program] = {}
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
        totals = np.concatenate([np.ravel(v.numpy()).astype("float64") for v in variables])
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
        if len(rows):
            program = self._programs.get((len(rows), len(batch)))
            program = program or self._compile(len(rows), len(batch))
            loss = np.empty((), self._loss_dtype)
            program.run([a[rows] for a in self._data.arrays], [loss, *self._gradients])

    def _trace_loss(self, data: list[Any]) -> Any:
        """What `train_step` does before there are gradients, and what it does to the metrics."""
        model, (x, y, sample_weight) = self._model, data
        with model._compiled.meeting_outputs():
            y_pred = model(x, training=True)
            y = model._aligned(y, y_pred)
            loss = model._total_loss(x, y, y_pred, sample_weight, training=True)
            model.compute_metrics(x, y, y_pred, sample_weight)
        return loss

    def _compile(self, rows: int, of: int) -> _core.Program:
        """The program of the gradients for so many rows of a batch of so many."""
        with Trace() as trace:
            loss = self._trace_loss(declare(trace, rows, self._data.feeds(self._model)))
            scaled = self._model.optimizer.scale_loss(loss)
            gradients = trace.gradients(scaled, self._variables)
            parts = [
                ops.zeros(v.shape, self._dtype)
                if gradient is None
                else ops.cast(gradient * (rows / of), self._dtype)
                for v, gradient in zip(self._variables, gradients, strict=True)
            ]
            program = self._programs[rows, of] = trace.compile([loss, *parts])
            self._loss_dtype = loss.dtype
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
        return program
