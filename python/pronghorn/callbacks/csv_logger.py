# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
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

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._columns = None
        has_header = (
            self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        )
        self._needs_header = not has_header
        mode = "a" if self.append else "w"
        self._file = open(self.filename, mode, newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self._file is None:
            return
        if self._columns is None:
            self._columns = sorted(logs)
            if not any(name.startswith("val_") for name in logs):
                self._columns += [f"val_{name}" for name in self._columns]
        writer = csv.writer(self._file, delimiter=self.separator, lineterminator="\n")
        if self._needs_header:
            writer.writerow(["epoch", *self._columns])
            self._needs_header = False
        writer.writerow([epoch, *(_cell(logs.get(name, "NA")) for name in self._columns)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def on_train_abort(self) -> None:
        """What was written stays."""
        self.on_train_end()


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"[{', '.join(map(str, value.ravel()))}]"
    return value
