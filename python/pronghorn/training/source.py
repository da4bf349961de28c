# SPDX-License-Identifier: Apache-2.0
"""Where batches come from: arrays (whole epochs run natively) or anything that yields batches."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn._structure import flatten, pack
from pronghorn.backend.settings import max_steps_per_epoch
from pronghorn.distribution import distribution
from pronghorn.training.arrays import is_array_like
from pronghorn.training.data import Data, as_data, with_class_weight
from pronghorn.training.eager_step import ArrayBatches
from pronghorn.training.nonfinite import cause_of, warn_of_loss, warn_of_variable
from pronghorn.training.prefetch import prefetched
from pronghorn.training.sharded_loop import ShardedLoop
from pronghorn.training.step import Step, build
from pronghorn.utils.batch_structure import unpack_x_y_sample_weight
from pronghorn.utils.py_dataset import PyDataset

_RAN_OUT = (
    "The data ran out before the requested number of steps: the epoch ends early. "
    "Provide at least `steps_per_epoch * epochs` batches."
)

_END = object()


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
            warnings.warn(_RAN_OUT, stacklevel=5)
        self._running = False
        return False

    def advance(self, max_steps: int, seconds: float) -> int:
        """Run up to `max_steps` steps (-1: all) or for about `seconds`; returns the number run."""
        left, before = self.steps - self._done, self._loop.step
        done = self._loop.run(left if max_steps < 0 else min(max_steps, left), seconds)
        if not self._warned and (found := self._loop.nonfinite):
            self._warned = True
            step, loss, ruined = self._done + found[0] - before + 1, found[1], found[-1]
            where = f"step {step} of epoch {self._epoch + 1}"
            if ruined is not None:
                warn_of_variable(self._model, ruined, loss, where)
            else:
                warn_of_loss(loss, where, cause_of(found, self._model, self._data))
        self._done += done
        return done

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


class BatchSource:
    """Epochs over an iterable, generator or `PyDataset` of `x`, `(x, y)` or `(x, y, weight)`.

    Each batch goes through Python, and each new batch size through the compiler once.

    Args:
        batches: has `__len__` and `__getitem__` (a PyDataset: batch by number) or `__iter__`.
        shuffle: whether to visit the batches of a PyDataset in a new order in every epoch.
        steps: steps per epoch; None: until the batches end.
        class_weight: as in `fit`.

    Attributes:
        seed: key of the shuffles; set before the first epoch.
        steps: steps of an epoch; None if unknown.
        logs: what the last step returned; see `Step`.
    """

    def __init__(
        self,
        model: Any,
        mode: str,
        batches: Any,
        shuffle: bool | str | Callable[[int], Any] = False,
        steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        self._model, self._mode, self._batches = model, mode, batches
        self._shuffle, self._limit, self.seed = bool(shuffle), steps, 0
        self._class_weight = class_weight
        self._iterator: Iterator[Any] | None = None
        self._pending: Any = None
        self._done = self._epoch = 0
        self._warned = False
        self._order_epoch = 0  # the epoch in which the iterator began, ...
        self._fetched = 0  # ... and the batches it has yielded
        self._goes_on = False
        self._met: Data | None = None
        self._predicted: list[list[np.ndarray]] = []
        self._structure: Any = None
        self.logs: Any = None
        length = _length(batches)
        self._most = max_steps_per_epoch() or sys.maxsize
        self.steps = steps if length is None or steps else length
        if self.steps is not None:
            self.steps = min(self.steps, self._most)

    def begin(self, epoch: int) -> int:
        """Start an epoch, or go on within it; returns the steps of it that are done.

        It starts at the front, or with `steps` given where the last one ended.
        """
        if self._goes_on:
            self._goes_on = False
            return self._done
        self._done, self._epoch = 0, epoch
        if self._iterator is None or self._limit is None or self._mode != "train":
            self._start(epoch)
        return 0

    def position(self) -> dict[str, Any]:
        """Where in the data the next step begins, as plain data."""
        return {
            "seed": self.seed,
            "done": self._done,
            "epoch": self._epoch,
            "order_epoch": self._order_epoch,
            "fetched": self._fetched,
            "running": self._iterator is not None,
        }

    def go_on_from(self, position: Mapping[str, Any], within_epoch: bool) -> None:
        """Be where another source was, whose `position()` this is: batches before it are skipped.

        Raises:
            ValueError: there are not so many batches.
        """
        self.seed, self._goes_on = position["seed"], within_epoch
        self._done, self._epoch = position["done"], position["epoch"]
        self._start(position["order_epoch"])
        only_once = self._iterator is self._batches
        if not (position["running"] and (within_epoch or self._limit)) and not only_once:
            self._iterator = None
            return
        batch: Any = None
        while self._fetched < position["fetched"]:
            batch = self._next()
            if batch is _END:
                raise ValueError(
                    f"the run that is to go on had seen {position['fetched']} batches of its data. "
                    f"Received: data of {self._fetched} batches"
                )
        if batch is not None:
            self._met = self._checked(batch)
            step_for(self._model, self._mode, self._met, self._met.rows)

    def meet(self) -> None:
        """Let a model whose step is not traced see a batch that is over, for its metrics."""
        if self._met is not None:
            run_batch(self._model, "test", self._met)  # changes nothing but running means

    def _start(self, epoch: int) -> None:
        self._iterator, self._order_epoch = self._iterate(epoch), epoch
        if self._iterator is not self._batches:  # else it goes on where it is
            self._fetched = 0

    def _next(self) -> Any:
        batch = next(self._iterator, _END) if self._iterator is not None else _END
        self._fetched += batch is not _END
        return batch

    def ready(self) -> bool:
        """Fetch the next batch; False at the end of the epoch."""
        if self._pending is not None:
            return True
        if self._done >= (self._most if self._limit is None else min(self._limit, self._most)):
            return False
        batch = self._next()
        if batch is _END and self._limit is not None and self._done == 0:
            # The last epoch ended just where the batches do: those that can start again do so.
            self._start(self._epoch)
            batch = self._next()
        if batch is _END:
            self._iterator = None
            if self._limit is not None or self._done == 0:
                warnings.warn(_RAN_OUT, stacklevel=5)
            return False
        self._pending = (batch,)
        return True

    def advance(self, max_steps: int, seconds: float) -> int:
        """Run batches until `max_steps` (-1: all) or about `seconds` are over."""
        start, done = time.monotonic(), 0
        while done != max_steps and self.ready():
            (batch,), self._pending = self._pending, None
            self._run(batch)
            done += 1
            if 0 < seconds <= time.monotonic() - start:
                break
        return done

    def end_epoch(self) -> None:
        """Nothing to be done: a run on batches is not distributed."""

    settle = end_epoch

    def predictions(self) -> Any:
        """All batches' predictions, joined along the rows."""
        if not self._predicted:
            raise ValueError("`x` yielded no batches: there is nothing to predict.")
        return pack(
            self._structure, [np.concatenate(parts) for parts in zip(*self._predicted, strict=True)]
        )

    def last_predictions(self) -> Any:
        """The predictions of the last batch."""
        return pack(self._structure, self._predicted[-1])

    def _checked(self, batch: Any) -> Data:
        if isinstance(batch, Data):
            return batch
        x, y, weight = unpack_x_y_sample_weight(batch)
        if self._mode == "predict":
            y = weight = None
        return with_class_weight(as_data(x, y, weight, self._model), self._class_weight)

    def _run(self, batch: Any) -> None:
        data = self._checked(batch).as_dense()
        step = step_for(self._model, self._mode, data, data.rows)
        self._done += 1
        if self._mode == "train" and isinstance(step, Step) and not self._warned:
            outputs, ruined = step.program.train(data.arrays)
            self._warn_of(outputs, ruined)
        else:
            outputs = step.run(data.arrays)
        self.logs = step.logs
        if self._mode == "predict":
            self._structure = step.outputs
            self._predicted.append(outputs)

    def _warn_of(self, outputs: list[np.ndarray], ruined: Any) -> None:
        """Warn if the loss of the last step (if known) or a variable is not finite."""
        where = f"step {self._done} of epoch {self._epoch + 1}"
        self._warned = True
        if outputs and not np.isfinite(outputs[0]):
            warn_of_loss(float(outputs[0]), where)
        elif ruined is not None:
            warn_of_variable(self._model, ruined, float(outputs[0]), where)
        else:
            self._warned = False

    def _iterate(self, epoch: int) -> Iterator[Any]:
        if isinstance(self._batches, ArrayBatches):
            return self._batches.epoch(self.seed, epoch)
        if not _is_indexed(self._batches):
            return iter(self._batches)
        return self._iterate_indexed(epoch)

    def close(self) -> None:
        """End the workers that fetch batches ahead, if there are any."""
        close = getattr(self._iterator, "close", None)
        if close is not None and _is_indexed(self._batches):
            close()
            self._iterator = None

    def _iterate_indexed(self, epoch: int) -> Iterator[Any]:
        count = _length(self._batches)
        assert count is not None
        order = _core.permutation(count, self.seed, epoch) if self._shuffle else range(count)
        if hasattr(self._batches, "on_epoch_begin"):
            self._batches.on_epoch_begin()
        batches = self._batches
        if isinstance(batches, PyDataset) and (batches.workers > 1 or batches.use_multiprocessing):
            yield from prefetched(batches, order)
        else:
            for index in order:
                yield self._batches[int(index)]
        if hasattr(self._batches, "on_epoch_end"):
            self._batches.on_epoch_end()


def array_source(
    model: Any,
    mode: str,
    data: Data,
    batch_size: int,
    shuffle: bool | str | Callable[[int], Any] = False,
    steps: int | None = None,
) -> ArraySource | BatchSource:
    """Epochs over arrays: native, or by batches if the step cannot be compiled or data is sparse.

    Args:
        as for `ArraySource`.
    """
    batches = ArrayBatches(data, batch_size, shuffle)
    if data.holds_sparse:
        return BatchSource(model, mode, batches, steps=steps)
    step = step_for(model, mode, data, min(batch_size, data.rows))
    if isinstance(step, Step):
        return ArraySource(model, mode, data, step, batch_size, shuffle, steps)
    if mode == "train" and distribution() is not None:
        raise NotImplementedError(
            "Distributed training needs a step that can be compiled: `run_eagerly=False`, and a "
            "model that does not look at values."
        )
    return BatchSource(model, mode, batches, steps=steps)


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


def yields_batches(x: Any) -> bool:
    """Whether x is a generator, an iterable of batches or a PyDataset rather than data itself."""
    if x is None or is_array_like(x) or isinstance(x, (list, tuple, dict, str, bytes)):
        return False
    return hasattr(x, "__iter__") or _is_indexed(x)


def _is_indexed(batches: Any) -> bool:
    return hasattr(batches, "__getitem__") and _length(batches) is not None


def _length(batches: Any) -> int | None:
    count = getattr(batches, "num_batches", None)
    if isinstance(count, int):
        return count
    try:
        return len(batches)
    except TypeError:
        return None
