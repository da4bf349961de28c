# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.callbacks.callback import HOOKS, Callback, Logs, overrides
from pronghorn.callbacks.history import History
from pronghorn.callbacks.progbar_logger import ProgbarLogger


class CallbackList(Callback):
    """Several callbacks as one: every hook is handed on to those that implement it, in order.

    Args:
        callbacks: None, one callback, or a list or tuple of them. Any object with some of the hooks
            will do.
        add_history: append a `History` unless there is one.
        add_progbar: append a `ProgbarLogger` unless there is one.
        model: given to every callback.
        **params: given to every callback (`verbose`, `epochs`, `steps`).

    Raises:
        TypeError: for a class instead of an instance, or an object without any hook.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks = _checked(callbacks)
        self._history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        self._progbar = next((c for c in self.callbacks if isinstance(c, ProgbarLogger)), None)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            if hasattr(callback, "set_params"):
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        self.model = model
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            if hasattr(callback, "set_model"):
                callback.set_model(model)

    def needs_batches(self, mode: str) -> bool:
        """Whether some callback wants to be called around every batch of `mode`."""
        hooks = [f"on_{mode}_batch_begin", f"on_{mode}_batch_end"]
        if mode == "train":
            hooks += ["on_batch_begin", "on_batch_end"]
        return any(overrides(callback, hook) for callback in self.callbacks for hook in hooks)

    def needs_epochs(self) -> bool:
        """Whether some callback wants more of an epoch of `fit` than to record its logs."""
        hooks = ("on_epoch_begin", "on_epoch_end")
        return self.needs_batches("train") or any(
            hasattr(callback, "on_settled") or any(overrides(callback, hook) for hook in hooks)
            for callback in self.callbacks
            if type(callback) is not History
        )

    def on_progress(self, step: int, logs: Callable[[], Logs]) -> None:
        """About ten times a second during a native epoch; not part of Keras.

        Args:
            step: steps done in this epoch.
            logs: computes the means so far; called only by those who want them.
        """
        for callback in self.callbacks:
            if hasattr(callback, "on_progress"):
                callback.on_progress(step, logs)

    def on_settled(self) -> None:
        """When all callbacks have seen the end of a batch or an epoch; not part of Keras."""
        for callback in self.callbacks:
            if hasattr(callback, "on_settled"):
                callback.on_settled()

    def on_train_abort(self) -> None:
        """When `fit` is left by an exception or Ctrl-C; not part of Keras."""
        for callback in self.callbacks:
            if hasattr(callback, "on_train_abort"):
                callback.on_train_abort()


def _checked(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    found = list(callbacks) if isinstance(callbacks, (list, tuple, set)) else [callbacks]
    for callback in found:
        if isinstance(callback, type):
            raise TypeError(
                f"`callbacks` takes instances. Received the class {callback.__name__}: "
                f"write {callback.__name__}()."
            )
        if not any(hasattr(callback, hook) for hook in HOOKS):
            raise TypeError(
                f"A callback needs at least one hook such as `on_epoch_end`. "
                f"Received: {callback!r} of type {type(callback).__name__}"
            )
    return found


def _dispatch(hook: str) -> Callable[..., None]:
    """`on_train_begin(logs)` and the like, for all callbacks that have it."""

    def call(self: CallbackList, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            if hasattr(callback, hook):
                getattr(callback, hook)(logs)

    return call


def _dispatch_indexed(hook: str) -> Callable[..., None]:
    """`on_epoch_end(epoch, logs)` and the like, for all callbacks that have it."""
    older = hook.replace("on_train_batch", "on_batch")  # enough for an object that is no Callback

    def call(self: CallbackList, index: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        for callback in self.callbacks:
            method = getattr(callback, hook, None) or getattr(callback, older, None)
            if method is not None:
                method(index, logs)

    return call


for _hook in HOOKS:
    _indexed = "epoch" in _hook or "batch" in _hook
    setattr(CallbackList, _hook, (_dispatch_indexed if _indexed else _dispatch)(_hook))
