# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Tests and predicts with the moving averages of the weights, and then goes on as before.

    The optimizer has to have `use_ema=True`. Before its first step there are no averages yet, and
    nothing is swapped.

    Args:
        swap_on_epoch: also swap from the end of each epoch to the beginning of the next, for other
            callbacks (`ModelCheckpoint`) that come after this one in the list.

    Raises:
        ValueError: (when a model begins to work) if its optimizer keeps no averages.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    >>> x, y = np.ones((4, 2)), np.ones(4)
    >>> swap = keras.callbacks.SwapEMAWeights()
    >>> history = model.fit(x, y, validation_data=(x, y), callbacks=[swap], verbose=0)

    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._kept: list[tuple[Any, Any]] | None = None  # variables with their own values

    def get_state(self) -> dict[str, Any]:
        kept = self._kept
        return {"kept": None if kept is None else [value for _, value in kept]}

    def set_state(self, state: dict[str, Any]) -> None:
        self._kept = None
        if state["kept"] is not None:
            variables = [variable for variable, _ in self.model.optimizer.averages()]
            self._kept = list(zip(variables, state["kept"], strict=True))

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._kept = None  # `fit` ends with the averages as weights

    def on_train_abort(self) -> None:
        """Training was interrupted: the weights' own values come back."""
        self._put_back()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._put_back()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._put_in()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._put_in()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._put_in()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def _put_in(self) -> None:
        optimizer = self.model.optimizer
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(
                "`SwapEMAWeights` needs a model compiled with an optimizer with `use_ema=True`. "
                f"Received: optimizer={optimizer!r}"
            )
        if self._kept is None:
            pairs = optimizer.averages()
            self._kept = [(variable, variable.numpy()) for variable, _ in pairs]
            for variable, average in pairs:
                variable.assign(average)

    def _put_back(self) -> None:
        for variable, value in self._kept or ():
            variable.assign(value)
        self._kept = None
