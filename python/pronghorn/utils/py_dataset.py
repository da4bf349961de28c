# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any


class PyDataset:
    """Base of data sets that come batch by batch: subclass it and give it a length and items.

    `dataset[i]` is the batch number i, `(x, y)` or `(x, y, sample_weight)`; `len(dataset)` is the
    number of batches. `fit` visits them in a new order in each epoch unless `shuffle=False`.

    Args:
        workers: how many threads or processes fetch batches ahead of their use, if more than one.
        use_multiprocessing: processes, to which the data set is sent, rather than threads.
        max_queue_size: how many batches they are ahead at most.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> class Squares(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 10
    ...     def __getitem__(self, index):
    ...         x = np.arange(4.0) + 4 * index
    ...         return x, x**2
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> model.fit(Squares(), verbose=0).params["steps"]
    10
    """

    workers: int = 1
    use_multiprocessing: bool = False
    max_queue_size: int = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None for a data set without end."""
        return len(self) if hasattr(self, "__len__") else None

    def __getitem__(self, index: int) -> Any:
        """The batch of a number, from 0."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__getitem__`")

    def on_epoch_begin(self) -> None:
        """Before the first batch of each epoch."""

    def on_epoch_end(self) -> None:
        """After the last batch of each epoch: the place to shuffle the data."""


Sequence = PyDataset
"""Its name in Keras 2."""
