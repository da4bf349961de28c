# SPDX-License-Identifier: Apache-2.0
"""Batches computed ahead of their use by threads or processes, in the order that is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

_dataset: Any = None  # of a worker process


def prefetched(dataset: Any, indices: Iterable[int]) -> Iterator[Any]:
    """`dataset[i]` for each index in order, while the workers of a `PyDataset` run ahead.

    An error in a worker is raised where its batch would come. The workers end with the iterator:
    when it is exhausted, closed or fails.
    """
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # 10 ms of import

    pool: ThreadPoolExecutor | ProcessPoolExecutor
    if dataset.use_multiprocessing:
        pool = ProcessPoolExecutor(dataset.workers, initializer=_keep, initargs=(dataset,))
        fetch = _fetch
    else:
        pool = ThreadPoolExecutor(dataset.workers, "PyDataset")
        fetch = dataset.__getitem__
    try:
        remaining = iter(indices)
        ahead = max(dataset.max_queue_size, dataset.workers)
        waiting = deque(pool.submit(fetch, int(i)) for i in islice(remaining, ahead))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(fetch, int(i)) for i in islice(remaining, 1))
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _keep(dataset: Any) -> None:
    global _dataset
    _dataset = dataset


def _fetch(index: int) -> Any:
    return _dataset[index]
