# SPDX-License-Identifier: Apache-2.0
"""`save_freq`: after each epoch, or after every so many batches."""

from __future__ import annotations

from typing import Any


class EveryBatches:
    """Counts batches across epochs.

    Args:
        owner: class name of the callback, for messages.
        save_freq: "epoch", or a number of batches.

    Attributes:
        per_epoch: after each epoch.
        seen: batches since the last time.

    Raises:
        ValueError: `save_freq` is neither.
    """

    def __init__(self, owner: str, save_freq: Any) -> None:
        number = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not number:
            raise ValueError(
                f"{owner}: `save_freq` must be 'epoch' or a positive number of batches. "
                f"Received: save_freq={save_freq!r}"
            )
        self.per_epoch = save_freq == "epoch"
        self._frequency = save_freq
        self.seen = 0

    def due(self) -> bool:
        """To be asked after each batch: whether it is the last of so many."""
        self.seen += 1
        if self.seen < self._frequency:
            return False
        self.seen = 0
        return True
