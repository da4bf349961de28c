# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable

from pronghorn.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Ends training when the loss becomes NaN or infinite.

    Training ends after the step in which it does, with or without other callbacks: the engine comes
    back from the first step whose loss is not finite. The warning that `fit` gives says why it is
    not.

    Args:
        raise_error: raise a RuntimeError instead of ending quietly.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_progress(self, step: int, logs: Callable[[], Logs]) -> None:
        """Look at the mean so far."""
        self._check(logs(), f"step {step}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._check(logs or {}, f"epoch {epoch + 1}")

    def _check(self, logs: Logs, where: str) -> None:
        loss = logs.get("loss")
        if loss is None or math.isfinite(loss) or self.model.stop_training:
            return
        if self.raise_error:
            raise RuntimeError(f"The loss is {loss} at {where}.")
        print(f"The loss is {loss} at {where}: training ends.")
        self.model.stop_training = True
