# SPDX-License-Identifier: Apache-2.0
"""Callbacks in the training of a trial."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import optuna

from pronghorn.callbacks import Callback
from pronghorn.tuner.objective import Objective, as_objective

CHECKPOINT = "checkpoint.weights.h5"


class OptunaPruning(Callback):
    """Reports each epoch to an Optuna trial, and ends training when its pruner gives the trial up.

    Args:
        trial: an Optuna trial.
        objective: name in the logs, or an `Objective`.
        raise_pruned: whether the end is an `optuna.TrialPruned`, as `study.optimize` wants it; else
            training just stops, and `trial.user_attrs["pruned"]` is set.

    Example:
    >>> import numpy as np, optuna, pronghorn as keras
    >>> def objective(trial):
    ...     model = keras.Sequential([keras.layers.Dense(1)])
    ...     rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    ...     model.compile(keras.optimizers.SGD(rate), "mse")
    ...     watch = keras.tuner.OptunaPruning(trial, "loss")
    ...     x, y = np.ones((10, 2)), np.ones(10)
    ...     return model.fit(x, y, epochs=3, verbose=0, callbacks=[watch]).history["loss"][-1]
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(pruner=optuna.pruners.MedianPruner())
    >>> study.optimize(objective, n_trials=3)
    """

    def __init__(self, trial: Any, objective: Any, raise_pruned: bool = True) -> None:
        super().__init__()
        self.trial, self.raise_pruned = trial, raise_pruned
        self.objective: Objective = as_objective(objective)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not logs or not self.objective.has_value(logs):
            return
        value = self.objective.get_value(logs)
        if math.isnan(value):
            return
        self.trial.report(value, epoch + 1)  # epochs as a budget: Hyperband counts from 1
        if self.trial.should_prune():
            self.trial.set_user_attr("pruned", epoch + 1)
            self.model.stop_training = True
            if self.raise_pruned:
                raise optuna.TrialPruned(f"given up after epoch {epoch + 1}")


class KeepBestEpoch(Callback):
    """Keeps the weights of the best epoch of all executions in memory, and writes them at the end.

    Args:
        objective: decides which epoch is best; where the logs do not have it, the last one is.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.objective = objective
        self.best = objective.worst
        self.weights: Any = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        if self.objective.has_value(logs):
            value = self.objective.get_value(logs)
            if self.weights is not None and not self.objective.better_than(value, self.best):
                return
            self.best = value
        self.weights = self.model.get_weights()

    def save(self, folder: str) -> None:
        """Write the best weights, if there were any epochs, and how to build the model."""
        if self.weights is None:
            return
        self.model.set_weights(self.weights)
        self.model.save_weights(os.path.join(folder, CHECKPOINT))
        with open(os.path.join(folder, "build_config.json"), "w", encoding="utf-8") as file:
            json.dump(self.model.get_build_config(), file)


class Interrupted(Exception):
    """The search was told to stop while a trial was training."""


class TrialCallback(Callback):
    """Calls the hooks of a tuner, tells the display, and hears of the end of the search.

    Args:
        tuner: the tuner.
        trial: the trial.
        base: the class of which the tuner may override hooks.
    """

    def __init__(self, tuner: Any, trial: Any, base: type) -> None:
        super().__init__()
        self.tuner, self.trial = tuner, trial
        # A hook for batches has its price: it is there only for tuners that have one of their own.
        for ours, theirs in (
            ("on_train_batch_begin", "on_batch_begin"),
            ("on_train_batch_end", "on_batch_end"),
        ):
            if getattr(type(tuner), theirs) is not getattr(base, theirs):
                setattr(self, ours, self._passed_on(getattr(tuner, theirs)))

    def _passed_on(self, hook: Any) -> Any:
        return lambda batch, logs=None: hook(self.trial, self.model, batch, logs)

    def on_progress(self, step: int, logs: Any) -> None:
        """About ten times a second."""
        if self.tuner.interrupted:
            raise Interrupted

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.tuner.on_epoch_begin(self.trial, self.model, epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.tuner.on_epoch_end(self.trial, self.model, epoch, logs)
        epochs = (self.params or {}).get("epochs")
        self.tuner.display.on_epoch_end(self.trial, epoch + 1, epochs, logs or {})
        if self.tuner.interrupted:
            raise Interrupted
