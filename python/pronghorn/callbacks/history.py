# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.callbacks.callback import Callback, Logs


class _Values(dict[str, list[Any]]):
    """Log name -> values."""

    def __missing__(self, name: str) -> list[Any]:
        if name == "lr" and "learning_rate" in self:
            warnings.warn(
                "`lr` is the old name of `learning_rate`.", DeprecationWarning, stacklevel=2
            )
            return self["learning_rate"]
        raise KeyError(name)


class History(Callback):
    """Records the logs of every epoch; `fit` adds one by itself and returns it.

    Attributes:
        epoch: the epochs seen, from 0.
        history: log name -> one value per epoch. The learning rate, if a callback logs it, is also
            found as `"lr"`, its name in Keras 2.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0)
    >>> len(history.history["loss"])
    3

    `pandas.DataFrame(history.history).plot()` and `history.plot()` draw it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = _Values()
        self._epochs: dict[str, list[int]] = {}  # those of each log: not all have a validation

    def get_state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "history": self.history, "epochs": self._epochs}

    def set_state(self, state: dict[str, Any]) -> None:
        self.epoch = list(state["epoch"])
        self.history = _Values(state["history"])
        self._epochs = {name: list(epochs) for name, epochs in state["epochs"].items()}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._epochs.setdefault(name, []).append(epoch)

    def plot(
        self,
        names: Sequence[str] | None = None,
        monitor: str | None = None,
        mode: str = "auto",
    ) -> np.ndarray:
        """Draw the curves of training and validation, a panel for each log, the best epoch marked.

        It needs matplotlib (`pip install "pronghorn[plot]"`). In a notebook the picture appears
        below the cell; elsewhere `matplotlib.pyplot.show()` opens it and `savefig` writes it.

        Args:
            names: logs to draw, without `val_`; by default all that are single numbers.
            monitor: the log that tells which epoch was best; by default the loss of the validation,
                or of the training if there was none.
            mode: "min", "max", or "auto": losses and errors "min", scores such as accuracy "max".

        Returns:
            The axes, one for each name.

        Raises:
            ImportError: there is no matplotlib.
            ValueError: nothing was logged, a name is not in the logs, or "auto" cannot tell the
                direction of `monitor`.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse", metrics=["mae"])
        >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0)
        >>> [axes.get_title(loc="left") for axes in history.plot()]
        ['loss', 'mae']
        """
        from pronghorn.callbacks._monitor import Monitor
        from pronghorn.utils.plots.history_plot import plot_history

        curves = {
            name: ([epoch + 1 for epoch in self._epochs.get(name, range(len(values)))], values)
            for name, values in self.history.items()
            if all(np.ndim(value) == 0 for value in values)
        }
        if names is None:
            found = [name for name in curves if not name.startswith("val_")]
            if len(set(curves.get("learning_rate", ((), ()))[1])) == 1:
                found.remove("learning_rate")  # a level line
            names = sorted(found, key=lambda name: (name == "learning_rate", name != "loss"))
        unknown = [name for name in (*names, *([monitor] if monitor else [])) if name not in curves]
        if unknown or not names:
            raise ValueError(
                f"There is nothing logged as {unknown or names} to draw. Logs: {list(self.history)}"
            )
        best = monitor or ("val_loss" if "val_loss" in curves else "loss" * ("loss" in curves))
        lowest = not best or Monitor("History.plot", best, mode).is_lowest_best(self.model)
        return plot_history(curves, names, best, lowest)
