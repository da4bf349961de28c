# SPDX-License-Identifier: Apache-2.0
"""DataParallel: each process computes a part of every batch; gradients are added up by MPI."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pronghorn.distribution._scope import distribution, set_distribution


class DataParallel:
    """Trains a model on many processes at once, as if it were one.

    Every process builds the same model and calls `fit` with the same arguments; `batch_size` is
    that of all together. The first process's weights are given to all. Each process works on its
    part of every batch; the gradients are added up once a step, the metrics once an epoch. All
    processes make the same update, so all have the same model at any time, which is that of one
    process with the whole batch, to rounding.

    What is done once is done by rank 0: callbacks, and what they write and print. What they decide
    (to stop, a new learning rate, older weights) holds for all after the epoch. If a process fails,
    the others are ended.

    Layers that look at a whole batch (`BatchNormalization`, `Dropout`) look at the part of their
    process, as in Keras. A metric must be one whose variables may be added up over batches. A
    `train_step` of one's own may do anything with the gradients of its part, but leaves the weights
    to one call of `self.optimizer`.

    Args:
        comm: an mpi4py communicator; `MPI.COMM_WORLD` by default.

    Attributes:
        rank, size: number of this process, and of all.

    Raises:
        ImportError: mpi4py or the MPI library is not installed.

    Start it with `mpiexec -n 4 python train.py`, after `pip install "pronghorn[mpi]"`:

    >>> import pronghorn as keras
    >>> parallel = keras.distribution.DataParallel()  # doctest: +SKIP
    >>> with parallel.scope():  # doctest: +SKIP
    ...     model.fit(x, y, batch_size=1024, epochs=10)
    """

    def __init__(self, comm: Any = None) -> None:
        if comm is None:
            try:
                from mpi4py import MPI
            except (ImportError, RuntimeError) as error:
                raise ImportError(
                    "DataParallel needs mpi4py and an MPI library: `pip install 'pronghorn[mpi]'`"
                ) from error
            comm = MPI.COMM_WORLD
        self.comm = comm
        self.rank: int = comm.Get_rank()
        self.size: int = comm.Get_size()

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A context in which `fit` uses this distribution."""
        outer = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(outer)

    def share(self, rows: int) -> slice:
        """Which of the rows of a batch are this process's."""
        return slice(rows * self.rank // self.size, rows * (self.rank + 1) // self.size)

    def add_up(self, buffer: np.ndarray) -> None:
        """Replace an array by the sum of those of all processes."""
        from mpi4py import MPI

        self.comm.Allreduce(MPI.IN_PLACE, buffer)

    def from_first(self, value: Any) -> Any:
        """The value that the first process has."""
        return self.comm.bcast(value, root=0)

    def follow_first(self, variables: Sequence[Any]) -> None:
        """Give variables the values that they have on the first process."""
        values = self.from_first([v.numpy() for v in variables] if self.rank == 0 else None)
        if self.rank:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A context in which an exception ends all processes, which would wait for this one."""
        try:
            yield
        except BaseException:
            if self.size > 1:
                # In one piece: the launcher may drop what comes while it ends the processes.
                import traceback

                told = f"Rank {self.rank} of {self.size} has failed:\n{traceback.format_exc()}"
                sys.stderr.write(told)
                sys.stderr.flush()
                self.comm.Abort(1)
            raise
