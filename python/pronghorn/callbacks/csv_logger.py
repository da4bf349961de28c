# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import IO, Any

import numpy as np

from pronghorn.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes the logs of each epoch as a row of a CSV file.

    Columns are `epoch` and the sorted names of the logs. If the first epoch had no validation,
    columns for it are there all the same and hold `NA` until there is one.

    Args:
        filename: where to write.
        separator: between the columns.
        append: add rows to a file that exists instead of writing it anew.

    Example:
    >>> import pronghorn as keras
    >>> callback = keras.callbacks.CSVLogger("log.csv", append=True)
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._file: IO[str] | None = None
        self._columns: list[str] | None = None
        self._end = 0  # bytes of the file that stay; what is behind them is cut off

    def get_state(self) -> dict[str, Any]:
        if self._file is not None:
            os.fsync(self._file.fileno())  # a backup must not know of rows that can still be lost
        return {"columns": self._columns, "end": self._end}

    def set_state(self, state: dict[str, Any]) -> None:
        self._columns = state["columns"]
        self._end = min(state["end"], self._size())

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._columns = None
        self._end = self._size() if self.append else 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self._columns is None:
            self._columns = sorted(logs)
            if not any(name.startswith("val_") for name in logs):
                self._columns += [f"val_{name}" for name in self._columns]
        file = self._opened()
        import csv

        writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
        if self._end == 0:
            writer.writerow(["epoch", *self._columns])
        writer.writerow([epoch, *(_cell(logs.get(name, "NA")) for name in self._columns)])
        file.flush()
        self._end = self._size()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._opened().close()
        self._file = None

    def on_train_abort(self) -> None:
        """What was written stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[str]:
        """The file, open for more rows; opened late, when it is known whether a run goes on."""
        if self._file is None:
            self._file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115
            self._file.truncate(self._end)
        return self._file

    def _size(self) -> int:
        return os.path.getsize(self.filename) if os.path.exists(self.filename) else 0


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"[{', '.join(map(str, value.ravel()))}]"
    return value
