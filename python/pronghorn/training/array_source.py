# SPDX-License-Identifier: Apache-2.0
"""Batches of arrays, whose rows the engine gathers itself: whole epochs run natively."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn._structure import flatten, pack
from pronghorn._warnings import warn
from pronghorn.backend.settings import max_steps_per_epoch
from pronghorn.distribution import distribution
from pronghorn.training.data import RAN_OUT, Data
from pronghorn.training.nonfinite import cause_of, warn_of_loss, warn_of_variable
from pronghorn.training.sharded_loop import ShardedLoop
from pronghorn.training.step import Step


class ArraySource:
    """Epochs over arrays. The engine gathers the rows itself, from the caller's memory.

    Args:
        model: the model.
        mode: "train", "test" or "predict".
        data: checked data.
        step: for a full batch.
        batch_size: rows per step; the last step of an epoch may have fewer.
        shuffle: True: a new order of the rows in every epoch; "batch": of the batches; False: as
            they are; a function: from the number of an epoch to the order of its rows.
        steps: steps per epoch if it is not one pass over the data. The next epoch goes on where
            this one ended.

    Attributes:
        seed: key of the shuffles; set before the first epoch.
        steps: steps of an epoch; None if unknown.
    """

    def __init__(
        self,
        model: Any,
        mode: str,
        data: Data,
        step: Step,
        batch_size: int,
        shuffle: bool | str | Callable[[int], Any] = False,
        steps: int | None = None,
    ) -> None:
        self._model, self._mode, self._data = model, mode, data
        self._batch_size = min(batch_size, data.rows)
        self._shuffle, self.seed = shuffle, 0
        # Training with `steps` goes on where the last epoch ended, a validation starts anew.
        self._continues = mode == "train" and steps is not None
        self._all_steps = model._steps  # `compile` in a callback gives the model new ones
        self._step = step
        self._tail: Any = None
        if data.rows % self._batch_size:
            self._tail = self._all_steps.get(model, mode, data.rows % self._batch_size, data)
        self.steps = min(
            steps or -(-data.rows // self._batch_size), max_steps_per_epoch() or sys.maxsize
        )
        self.outputs: list[np.ndarray] = []
        self._loop = self._make_loop()
        self._done = self._epoch = 0
        self._running = self._warned = False
        self._order_epoch = 0  # the epoch whose order is in use, ...
        self._skipped = 0  # ... and the steps of it that another run has done
        self._goes_on = False

    def begin(self, epoch: int) -> int:
        """Start an epoch or go on within it; returns the steps of it that are done.

        `epoch` numbers the shuffles.
        """
        self._epoch = epoch
        if self._goes_on:
            self._goes_on = False
            return self._done
        self._done = 0
        if not (self._running and self._continues):
            self._loop.begin(self._order(epoch))
            self._running, self._order_epoch, self._skipped = True, epoch, 0
        return 0

    def position(self) -> dict[str, Any]:
        """Where in the data the next step begins, as plain data."""
        return {
            "seed": self.seed,
            "rows": self._data.rows,
            "batch_size": self._batch_size,
            "done": self._done,
            "order_epoch": self._order_epoch,
            "order_step": self._skipped + self._loop.step if self._running else None,
        }

    def go_on_from(self, position: Mapping[str, Any], within_epoch: bool) -> None:
        """Be where another source was, whose `position()` this is.

        Raises:
            ValueError: it was within an epoch over other data.
        """
        here = {"rows": self._data.rows, "batch_size": self._batch_size}
        for name, value in here.items():
            if within_epoch and position[name] != value:
                raise ValueError(
                    f"the run that is to go on was within an epoch over data of "
                    f"{name}={position[name]}. Received: {name}={value}"
                )
        self.seed, self._done, self._goes_on = position["seed"], position["done"], within_epoch
        step = position["order_step"]
        self._running = step is not None
        if step is not None:
            self._order_epoch, self._skipped = position["order_epoch"], step
            order = self._order(self._order_epoch)
            rows = np.arange(self._data.rows) if order is None else order
            self._loop.begin(rows[step * self._batch_size :])

    def meet(self) -> None:
        """The model has met the data when it was traced."""

    def _order(self, epoch: int) -> np.ndarray | None:
        return row_order(self._data.rows, self._batch_size, self._shuffle, self.seed, epoch)

    def close(self) -> None:
        """Nothing is to be ended."""

    def ready(self) -> bool:
        """Whether the epoch has another step."""
        if self._done >= self.steps:
            self._running = self._running and self._loop.step < self._loop.steps
            return False
        if self._loop.step < self._loop.steps:
            return True
        if self._done < self.steps:
            warn(RAN_OUT)
        self._running = False
        return False

    def advance(self, max_steps: int, seconds: float) -> int:
        """Run up to `max_steps` steps (-1: all) or for about `seconds`; returns the number run."""
        left, before = self.steps - self._done, self._loop.step
        done = self._loop.run(left if max_steps < 0 else min(max_steps, left), seconds)
        self.look_at_losses(self._epoch, before - self._done)
        self._done += done
        return done

    def look_at_losses(self, epoch: int, begun_at: int = 0) -> None:
        """Warn once if one, or a variable, was not finite.

        Args:
            epoch: the one at work.
            begun_at: the step of the pass over the data at which it began.
        """
        if not self._warned and (found := self._loop.nonfinite):
            self._warned = True
            where, ruined = f"step {found[0] - begun_at + 1} of epoch {epoch + 1}", found[-1]
            if ruined is not None:
                warn_of_variable(self._model, ruined, found[1], where)
            else:
                warn_of_loss(found[1], where, cause_of(found, self._model, self._data))

    def epochs(self, totals: list[Any]) -> _core.Epochs | None:
        """The loop of the engine over whole epochs, if they have nothing of Python in them.

        Args:
            totals: variables that are zero at the beginning of an epoch.
        """
        native = isinstance(self._loop, _core.BatchLoop) and isinstance(self._shuffle, bool)
        if self._continues or not native or self.steps != self._loop.steps:
            return None
        if self.logs is None or self.logs.summary is None:
            return None
        is_shuffled = self._shuffle and self._data.rows != self._batch_size
        storages = [variable.storage for variable in totals]
        seed = self.seed if is_shuffled else None
        return _core.Epochs(self._loop, storages, self.logs.summary[1], seed)

    @property
    def step(self) -> int:
        """Steps of this pass over the data that are done."""
        return self._loop.step

    @property
    def logs(self) -> Any:
        """What the last step returned; see `Step`."""
        if isinstance(self._loop, ShardedLoop):
            return self._loop.logs
        ended = self._tail is not None and self._loop.step == self._loop.steps
        return (self._tail if ended else self._step).logs

    def end_epoch(self) -> None:
        """After the last step of an epoch, before its metrics are read."""
        if isinstance(self._loop, ShardedLoop):
            self._loop.finish(early=self._done < self.steps)

    def settle(self) -> None:
        """After the callbacks at the end of an epoch."""
        if isinstance(self._loop, ShardedLoop):
            self._loop.settle()

    def predictions(self) -> Any:
        """What the steps have predicted, in the structure of the model's output."""
        rows = self._done * self._batch_size  # fewer than all if the steps are limited
        return pack(self._step.outputs, [output[:rows] for output in self.outputs])

    def remember(self, x: Any) -> None:
        """Let the next prediction from such an array, if it is one batch, skip all checks."""
        if self.steps == 1 and len(self._data.arrays) == 1 and self._data.arrays[0] is x:
            self._all_steps.keep_prediction(x, self._step)

    def last_predictions(self) -> Any:
        """What the last step has predicted."""
        end = min(self._loop.step * self._batch_size, self._data.rows)
        start = (self._loop.step - 1) * self._batch_size
        return pack(self._step.outputs, [output[start:end] for output in self.outputs])

    def _make_loop(self) -> Any:
        if self._mode == "predict":
            for output in flatten(self._step.outputs):
                self.outputs.append(np.empty((self._data.rows, *output.shape[1:]), output.dtype))
        parallel = distribution()
        if parallel is not None and self._mode == "train":
            return ShardedLoop(parallel, self._model, self._data, self._batch_size)
        tail = self._tail.program if self._tail is not None else None
        return _core.BatchLoop(
            self._step.program, tail, self._data.arrays, self._batch_size, sinks=self.outputs
        )


def row_order(
    rows: int, size: int, shuffle: bool | str | Callable[[int], Any], seed: int, epoch: int
) -> np.ndarray | None:
    """The order in which an epoch visits the rows, None for the one they are in.

    Args:
        rows: their number.
        size: of a batch.
        shuffle: see `ArraySource`.
        seed, epoch: key of the shuffle.
    """
    if callable(shuffle):
        return np.asarray(shuffle(epoch), np.int64)
    if shuffle == "batch":
        full = rows // size
        batches = _core.permutation(full, seed, epoch).astype(np.int64)
        order = (batches[:, None] * size + np.arange(size)).ravel()
        return np.concatenate([order, np.arange(full * size, rows)])
    if not shuffle or rows == size:  # all rows at once: in any order the same step
        return None
    return _core.permutation(rows, seed, epoch)
