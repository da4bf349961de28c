# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pronghorn.callbacks._every_batches import EveryBatches
from pronghorn.callbacks.callback import Callback, Logs


class BackupAndRestore(Callback):
    """Lets a training that was interrupted go on where it was, in a program started again.

    It stores the weights, the state of the optimizer and the number of the epoch. If `fit` finds
    such a backup, it begins with that state and that epoch; when training ends well, the backup is
    deleted. A backup from within an epoch takes up that epoch from its first batch.

    Args:
        backup_dir: folder for the backup, which no other training may use; it is made if needed.
        save_freq: "epoch", or a number of batches after which to save.
        double_checkpoint: keep the backup before the last one too, and take that if the last one
            cannot be read.
        delete_checkpoint: delete the backup at the end.

    Raises:
        ValueError: no `backup_dir`, an unknown `save_freq`; in `fit`: the backup does not fit the
            model, or the weights do not exist yet.

    Example:
    >>> import tempfile, numpy as np, pronghorn as keras
    >>> folder = tempfile.mkdtemp() + "/backup"
    >>> def run(epochs, callback):
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile(loss="mse")
    ...     x, y = np.ones((4, 2)), np.ones(4)
    ...     return model.fit(x, y, epochs=epochs, callbacks=[callback], verbose=0).epoch
    >>> run(2, keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False))
    [0, 1]
    >>> run(5, keras.callbacks.BackupAndRestore(folder))
    [2, 3, 4]
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
        self._epoch = 0
        if not self._frequency.per_epoch:  # only then the loop has to come back after each batch
            self.on_train_batch_end = self._count_batch  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._epoch = 0
        if not self._weights.exists():
            return
        if not self.model.built:
            raise ValueError(
                f"BackupAndRestore found a backup in {self.backup_dir!r}, but the model has no "
                "weights to restore: its input shape is not known yet. Build it before `fit`."
            )
        try:
            self._restore()
        except (OSError, ValueError):
            if not _previous(self._weights).exists():
                raise
            from shutil import copyfile

            for path in (self._weights, self._metadata):
                copyfile(_previous(path), path)
            self._restore()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch + 1
        if self._frequency.per_epoch:
            self._save(batch=0)

    def _count_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._frequency.due():
            self._save(batch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self.delete_checkpoint:
            return
        folder = Path(self.backup_dir)
        for path in (self._weights, self._metadata):
            path.unlink(missing_ok=True)
            _previous(path).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):  # what others put there is not ours
            folder.rmdir()

    @property
    def _weights(self) -> Path:
        return Path(self.backup_dir) / "latest.weights.h5"

    @property
    def _metadata(self) -> Path:
        return Path(self.backup_dir) / "training_metadata.json"

    def _save(self, batch: int) -> None:
        Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint:
            from shutil import copyfile

            for path in (self._weights, self._metadata):
                if path.exists():
                    copyfile(path, _previous(path))
        self.model.save_weights(self._weights, overwrite=True)
        text = json.dumps({"epoch": self._epoch, "batch": batch})
        new = self._metadata.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._metadata)

    def _restore(self) -> None:
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self._weights)
        if self._metadata.exists():
            metadata = json.loads(self._metadata.read_text(encoding="utf-8"))
            self.model._initial_epoch = self._epoch = int(metadata["epoch"])


def _previous(path: Path) -> Path:
    """Where the backup before the last one is kept."""
    return path.with_name(path.name + ".bkp")
