# SPDX-License-Identifier: Apache-2.0
"""Steps that are called for every batch, because they look at values or were told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn._warnings import warn
from pronghorn.backend import NoValueError, convert_to_tensor
from pronghorn.training.data import Data
from pronghorn.utils.batch_structure import pack_x_y_sample_weight


class EagerStep:
    """A step in Python; to those who run it like a compiled `Step`.

    Args:
        model: the model.
        mode: "train", "test" or "predict".
        feeds: structures of x, y and sample weights with what the arrays are cast to.

    Attributes:
        outputs: the structure of the last predictions.
        logs: what the last step returned.
    """

    def __init__(self, model: Any, mode: str, feeds: tuple[Any, Any, Any]) -> None:
        self._model, self._mode, self._feeds = model, mode, feeds
        self.outputs: Any = None
        self.logs: Mapping[str, Any] | None = None

    def check(self, data: Data) -> None:
        """Nothing: the loss sees the labels themselves."""

    def run(self, arrays: list[np.ndarray], out: list[np.ndarray] | None = None) -> Any:
        """One step on the arrays of a batch; returns the predictions as a flat list."""
        given = iter(arrays)
        tensors = [
            map_leaves(lambda feed: convert_to_tensor(next(given), feed.dtype), part)
            for part in self._feeds
        ]
        step = getattr(self._model, f"{self._mode}_step")
        if self._mode != "predict":
            self.logs = step(pack_x_y_sample_weight(*tensors))
            return []
        self.outputs = step(pack_x_y_sample_weight(tensors[0]))
        found = [np.asarray(leaf) for leaf in flatten(self.outputs)]
        for target, value in zip(out or (), found, strict=False):
            target[...] = value
        return found

    def predict(self, arrays: list[np.ndarray]) -> Any:
        """The predictions for one batch, in the structure of the model's output."""
        found = self.run(arrays)
        return pack(self.outputs, found)


class ArrayBatches:
    """The batches of one set of arrays, in the order in which the engine would visit them.

    Args:
        data: checked data.
        batch_size: rows of a batch; the last one may have fewer.
        shuffle: as in `ArraySource`.
    """

    def __init__(self, data: Data, batch_size: int, shuffle: Any = False) -> None:
        self._data, self._shuffle = data, shuffle
        self._batch_size = min(batch_size, data.rows)
        self.num_batches = -(-data.rows // self._batch_size)

    def epoch(self, seed: int, epoch: int) -> Iterator[Data]:
        """The batches of an epoch."""
        from pronghorn.training.array_source import row_order

        order = row_order(self._data.rows, self._batch_size, self._shuffle, seed, epoch)
        for start in range(0, self._data.rows, self._batch_size):
            rows = slice(start, start + self._batch_size)
            yield self._data.take(rows if order is None else order[rows])


def warn_of_values(model: Any, error: NoValueError) -> None:
    """Tells once that a model is slow, and which line makes it so."""
    import traceback
    from pathlib import Path

    package = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if package not in Path(f.filename).parents] or frames
    place = f"{Path(theirs[-1].filename).name}, line {theirs[-1].lineno}: {theirs[-1].line}"
    warn(
        f"Model {model.name!r} looks at the values of tensors ({place}), so it cannot be compiled: "
        "it is called for every batch, which is many times slower. `pronghorn.ops` has `where`, "
        "`cond`, `maximum` and the like instead; `compile(run_eagerly=True)` makes this silent."
    )
