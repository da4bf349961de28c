# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pronghorn.callbacks._every_batches import EveryBatches
from pronghorn.callbacks.callback import Callback, Logs


class BackupAndRestore(Callback):
    """Lets a training that was interrupted go on where it was, in a program started again.

    If `fit` finds a backup, it goes on from there, and ends with the same bits as a training that
    was never interrupted: weights, optimizer, history. A backup holds the weights, the state of the
    optimizer, the place in the data (epoch, step, order of the rows), all random numbers (of this
    library, of NumPy and of Python), the means of the epoch so far, and the state of all callbacks;
    those of your own say what they remember, see `Callback`. It is one file, which is written whole
    or not at all, so that the program may be killed at any moment. When training ends well, it is
    deleted.

    Batches that come from an iterable or a generator are passed over up to the place of the backup:
    it has to yield the same ones again.

    Args:
        backup_dir: folder for the backup, which no other training may use; it is made if needed.
        save_freq: "epoch", or a number of batches after which to save.
        double_checkpoint: keep the backup before the last one too, and take that if the last one
            cannot be read.
        delete_checkpoint: delete the backup at the end.

    Raises:
        ValueError: no `backup_dir`, an unknown `save_freq`; in `fit`: the backup cannot be read or
            does not fit the model or the data, or the weights do not exist yet.

    Example:
    >>> import tempfile, numpy as np, pronghorn as keras
    >>> folder = tempfile.mkdtemp() + "/backup"
    >>> def run(epochs, callback):
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile(loss="mse")
    ...     x, y = np.ones((4, 2)), np.ones(4)
    ...     return model.fit(x, y, epochs=epochs, callbacks=[callback], verbose=0)
    >>> first = run(2, keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False))
    >>> second = run(5, keras.callbacks.BackupAndRestore(folder))
    >>> second.epoch
    [0, 1, 2, 3, 4]
    >>> second.history["loss"][:2] == first.history["loss"]
    True
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(f"`backup_dir` must be a folder. Received: backup_dir={backup_dir!r}")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = EveryBatches("BackupAndRestore", save_freq)
        self._is_due = False
        if not self._frequency.per_epoch:  # only then the loop has to come back after each batch
            self.on_train_batch_end = self._count_batch  # type: ignore[method-assign]

    def get_state(self) -> dict[str, Any]:
        return {"batches": self._frequency.seen}

    def set_state(self, state: dict[str, Any]) -> None:
        self._frequency.seen = state["batches"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._is_due = False
        for left_over in Path(self.backup_dir).glob(f".{self._file.name}.*"):
            left_over.unlink()  # of a program that was killed while it wrote
        if not self._file.exists() and not self._previous.exists():
            return
        from pronghorn.saving.state_file import read_state

        try:
            state = read_state(self._file)
        except ValueError:
            if not self._previous.exists():
                raise
            state = read_state(self._previous)
        try:
            self.model._run.go_on_from(state)
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"BackupAndRestore found a backup in {self.backup_dir!r} that does not fit: {error}"
            ) from error

    def _count_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._is_due = self._frequency.due()

    def on_settled(self) -> None:
        """All callbacks have seen the batch or epoch that is over."""
        run = self.model._run
        if self._is_due or (self._frequency.per_epoch and run.step == 0):
            self._is_due = False
            self._save(run.state())

    def on_train_end(self, logs: Logs | None = None) -> None:
        folder = Path(self.backup_dir)
        if not self.delete_checkpoint or not folder.is_dir():
            return
        self._file.unlink(missing_ok=True)
        self._previous.unlink(missing_ok=True)
        if not any(folder.iterdir()):  # what others put there is not ours
            folder.rmdir()

    @property
    def _file(self) -> Path:
        return Path(self.backup_dir) / "latest.npz"

    @property
    def _previous(self) -> Path:
        """The backup before the last one."""
        return Path(self.backup_dir) / "previous.npz"

    def _save(self, state: dict[str, Any]) -> None:
        from pronghorn.saving.state_file import write_state

        Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and self._file.exists():
            self._file.replace(self._previous)
        write_state(self._file, state)
