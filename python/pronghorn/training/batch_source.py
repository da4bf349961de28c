# SPDX-License-Identifier: Apache-2.0
"""Batches from an iterable, a generator or a `PyDataset`: each goes through Python."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn._structure import pack
from pronghorn._warnings import warn
from pronghorn.backend.settings import max_steps_per_epoch
from pronghorn.training.arrays import is_array_like
from pronghorn.training.data import RAN_OUT, Data, as_data, with_class_weight
from pronghorn.training.eager_step import ArrayBatches
from pronghorn.training.nonfinite import warn_of_loss, warn_of_variable
from pronghorn.training.prefetch import prefetched
from pronghorn.training.step import Step, run_batch, step_for
from pronghorn.utils.batch_structure import unpack_x_y_sample_weight
from pronghorn.utils.py_dataset import PyDataset

_END = object()


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
                warn(RAN_OUT)
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
        if outputs and not np.isfinite(outputs[0]):
            warn_of_loss(float(outputs[0]), where)
        elif ruined is not None:
            warn_of_variable(self._model, ruined, float(outputs[0]), where)
        else:
            return
        self._warned = True

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
