# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable

from pronghorn.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Ends training when the loss or a weight becomes NaN or infinite.

    Training ends after the step in which it does, with or without other callbacks: the engine comes
    back from the first step whose loss is not finite, or whose gradients have made a weight so. The
    warning that `fit` gives says why.

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
        reason = getattr(self.model._run, "ruined", "")
        if loss is not None and not math.isfinite(loss):
            reason = f"the loss is {loss} at {where}"
        if not reason or self.model.stop_training:
            return
        reason = reason[0].upper() + reason[1:]
        if self.raise_error:
            raise RuntimeError(f"{reason}.")
        print(f"{reason}: training ends.")
        self.model.stop_training = True
