# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

Logs = dict[str, Any]


class Callback:
    """What may happen around training, testing and prediction; override the hooks you need.

    A hook for batches makes the loop come back to Python after each batch; without one a whole
    epoch runs natively. `logs` of an epoch is the dict that `History` stores: what a callback
    writes into it is kept.

    A callback that remembers something from one epoch to the next lists those attributes in
    `state_names`; a run that `BackupAndRestore` lets go on after an interruption then has them
    again. Where names are not enough, override `get_state` and `set_state`.

    Attributes:
        params: dict with `verbose`, `epochs` and `steps`.
        model: the model at work. Both are set from outside, so `__init__` need not call `super()`.
        state_names: names of the attributes that make up the state; not part of Keras.

    Example:
    >>> import pronghorn as keras
    >>> class Ratio(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         logs["ratio"] = logs["val_loss"] / logs["loss"]
    """

    params: dict[str, Any] | None = None
    model: Any = None
    state_names: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.params = None
        self.model = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Called before the first hook."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called before the first hook."""
        self.model = model

    def get_state(self) -> dict[str, Any]:
        """What is to be restored when an interrupted training goes on; not part of Keras.

        Returns:
            A dict of numbers, text, arrays, None, and lists and dicts of such.
        """
        return {name: getattr(self, name) for name in self.state_names}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave: after `on_train_begin`, before the next step."""
        for name in self.state_names:
            setattr(self, name, state[name])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """At the start of `fit`."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """At the end of `fit`; `logs` are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch of `fit`; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; `logs` has loss, metrics and their `val_` twins."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Older name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step; steps count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step; `logs` holds the means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """At the start of `evaluate` or of a validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """At the end of `evaluate` or of a validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a test step."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a test step."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """At the start of `predict`."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """At the end of `predict`."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a prediction step."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a prediction step; `logs["outputs"]` are the predictions of its rows."""


HOOKS = tuple(sorted(name for name in vars(Callback) if name.startswith("on_")))
"""Names of all hooks."""


def overrides(callback: Any, hook: str) -> bool:
    """Whether `callback` has a `hook` of its own: a method, or a function set on the instance."""
    own = getattr(callback, hook, None)
    return own is not None and getattr(own, "__func__", own) is not getattr(Callback, hook)
