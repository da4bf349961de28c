# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextvars
import copy
import json
import os
import shutil
import traceback
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import numpy as np

from pronghorn import config
from pronghorn.backend.naming import own_names
from pronghorn.backend.thread_switching import quick_switching
from pronghorn.models import Model
from pronghorn.random.seed_generator import seeded
from pronghorn.tuner.display import Display
from pronghorn.tuner.errors import FailedTrialError, FatalError, FatalTypeError, FatalValueError
from pronghorn.tuner.hypermodel import as_hypermodel
from pronghorn.tuner.hyperparameters import HyperParameters
from pronghorn.tuner.oracle import Oracle
from pronghorn.tuner.results import summarize
from pronghorn.tuner.trial import Trial, TrialStatus
from pronghorn.tuner.trial_callbacks import (
    CHECKPOINT,
    Interrupted,
    KeepBestEpoch,
    OptunaPruning,
    TrialCallback,
)


class Tuner:
    """Builds and trains models with the hyperparameters that an oracle proposes.

    Each trial has random numbers and automatic names of its own, which depend on the seed and its
    number alone: with `n_jobs` threads a random or grid search gives the trials of one thread, to
    the bit.

    Args:
        oracle: proposes hyperparameters.
        hypermodel: a `HyperModel`, or a function from `HyperParameters` to a compiled model.
        max_model_size: trials of models with more weights fail.
        optimizer, loss, metrics: for `compile`, instead of those of the models.
        directory: where projects are; "." by default.
        project_name: folder for this search in it.
        overwrite: whether to delete the project that is there; else it is continued, and trials
            that were interrupted are done again.
        executions_per_trial: trainings of each trial; their results are averaged.
        n_jobs: trials that run side by side in threads, each on one processor; -1: as many as there
            are processors.
        storage: an Optuna storage or the URL of a database; a journal in the project by default.
        **kwargs: `tuner_id`, `logger` and `distribution_strategy`, for KerasTuner's sake.

    Raises:
        ValueError: there is no `hypermodel`, and `run_trial` is not overridden.
    """

    def __init__(
        self,
        oracle: Oracle,
        hypermodel: Any = None,
        max_model_size: int | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        directory: Any = None,
        project_name: str | None = None,
        overwrite: bool = False,
        executions_per_trial: int = 1,
        n_jobs: int = 1,
        storage: Any = None,
        **kwargs: Any,
    ) -> None:
        unknown = set(kwargs) - {"tuner_id", "logger", "distribution_strategy"}
        if unknown:
            raise ValueError(f"{type(self).__name__} has no argument {sorted(unknown)[0]!r}.")
        if not isinstance(oracle, Oracle):
            raise ValueError(f"`oracle` must be an Oracle. Received: {oracle!r}")
        if hypermodel is None and type(self).run_trial is Tuner.run_trial:
            raise ValueError("`hypermodel` may only be missing if `run_trial` is overridden.")
        if not isinstance(n_jobs, int) or (n_jobs < 1 and n_jobs != -1):
            raise ValueError(f"`n_jobs` must be a positive int or -1. Received: n_jobs={n_jobs!r}")
        self.oracle, self.hypermodel = oracle, as_hypermodel(hypermodel)
        self.max_model_size = max_model_size
        self.optimizer, self.loss, self.metrics = optimizer, loss, metrics
        self.executions_per_trial, self.n_jobs = executions_per_trial, n_jobs
        self.directory, self.project_name = directory or ".", project_name or "untitled_project"
        self.tuner_id = kwargs.get("tuner_id") or "tuner0"
        self.interrupted = False
        self.display = Display(oracle)
        if overwrite:
            shutil.rmtree(os.path.join(self.directory, self.project_name), ignore_errors=True)
        if oracle.open(self.project_dir, storage):
            print(f"Reloading Tuner from {self.project_dir}")
        self._explore_space()
        oracle.reload()

    # -- searching --------------------------------------------------------------------------------

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Run trials until there are enough.

        Args:
            *fit_args, **fit_kwargs: for the `fit` of the models. Callbacks are copied for each
                execution. `verbose=0` shows nothing.

        Raises:
            FatalError: a trial did something that no other would do better, or too many failed one
                after another.
        """
        verbose = fit_kwargs.pop("verbose", "auto")
        self.display = Display(self.oracle, 0 if verbose in (0, False) else 1)
        fit_kwargs["verbose"] = 0
        self.interrupted = False
        jobs = config.num_threads() if self.n_jobs == -1 else self.n_jobs
        self.on_search_begin()
        self.display.on_search_begin()
        work = partial(self._run_trials, jobs, *fit_args, **fit_kwargs)
        try:
            if jobs == 1:
                work()
                return
            with quick_switching(), ThreadPoolExecutor(jobs, "trial") as pool:
                copies = [contextvars.copy_context() for _ in range(jobs)]
                futures = [pool.submit(context.run, work) for context in copies]
                try:
                    wait(futures, return_when=FIRST_EXCEPTION)
                    self.interrupted = any(f.done() and f.exception() for f in futures)
                except BaseException:
                    self.interrupted = True
                    raise
            for future in futures:
                future.result()
        finally:
            self.display.on_search_end()
            self.on_search_end()

    def _run_trials(self, jobs: int, *args: Any, **kwargs: Any) -> None:
        """What each thread does."""
        while not self.interrupted:
            trial = self.oracle.create_trial(self.tuner_id)
            if trial is None:
                return
            self.on_trial_begin(trial)
            self.display.on_trial_begin(trial)
            try:
                with config.thread_limit(1 if jobs > 1 else None):
                    self._try(trial, *args, **kwargs)
            except Interrupted:
                self.oracle.abandon(trial)
                return
            except BaseException as error:
                if isinstance(error, FatalError):
                    trial.status, trial.message = TrialStatus.FAILED, traceback.format_exc()
                    self.on_trial_end(trial)
                else:
                    self.oracle.abandon(trial)
                raise
            self.on_trial_end(trial)
            self.display.on_trial_end(trial)

    def _try(self, trial: Trial, *args: Any, **kwargs: Any) -> None:
        for attempt in range(self.oracle.max_retries_per_trial + 1):
            try:
                with own_names(), seeded(self._seed(trial, attempt)):
                    results = self.run_trial(trial, *args, **kwargs)
                if not trial.metrics.exists(self.oracle.objective.name):
                    values, step = summarize(results, self.oracle.objective, "run_trial()")
                    self.oracle.update_trial(trial.trial_id, values, step)
                trial.status, trial.message = TrialStatus.COMPLETED, None
                return
            except (FatalError, Interrupted):
                raise
            except FailedTrialError:
                trial.status, trial.message = TrialStatus.FAILED, traceback.format_exc()
                return
            except Exception:
                trial.status, trial.message = TrialStatus.INVALID, traceback.format_exc()

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Train and judge a model with the hyperparameters of a trial; can be overridden.

        Args:
            trial: has `hyperparameters`.
            *args, **kwargs: those of `search`.

        Returns:
            A `History`, a dict with the objective, the value to be minimized, or a list of these.
        """
        assert self.hypermodel is not None
        hp, given = trial.hyperparameters, kwargs.pop("callbacks", None) or []
        best = KeepBestEpoch(self.oracle.objective)
        results = []
        for execution in range(self.executions_per_trial):
            with seeded(self._seed(trial, execution)):
                model = self._build(hp)
                callbacks = self._copied(given)
                for callback in callbacks:
                    if type(callback).__name__ == "TensorBoard":
                        folder = f"execution{execution}"
                        callback.log_dir = os.path.join(callback.log_dir, trial.trial_id, folder)
                callbacks += [TrialCallback(self, trial, Tuner), best]
                if self.oracle.pruner is not None and execution == 0:
                    pruning = OptunaPruning(
                        trial.optuna_trial, self.oracle.objective, raise_pruned=False
                    )
                    callbacks.append(pruning)
                result = self.hypermodel.fit(hp, model, *args, **kwargs, callbacks=callbacks)
                summarize(result, self.oracle.objective, "HyperModel.fit()")
                results.append(result)
        best.save(self.get_trial_dir(trial.trial_id))
        return results

    def _seed(self, trial: Trial, number: int) -> int:
        sequence = np.random.SeedSequence([self.oracle.seed, int(trial.trial_id), number])
        return int(sequence.generate_state(2)[1])

    def _build(self, hp: HyperParameters) -> Any:
        assert self.hypermodel is not None
        model = self.hypermodel.build(hp)
        if not isinstance(model, Model):
            raise FatalTypeError(
                "The function that builds models, or HyperModel.build(), must return a model. "
                f"Received: {model!r} of type {type(model).__name__}"
            )
        if self.optimizer or self.loss or self.metrics:
            own = dict(model._compiled.arguments) if model.compiled else {}
            own.pop("optimizer", None)
            optimizer = self.optimizer or model.optimizer
            if not isinstance(optimizer, str) and optimizer is self.optimizer:
                optimizer = type(optimizer).from_config(optimizer.get_config())
            own |= {"loss": self.loss} if self.loss else {}
            own |= {"metrics": self.metrics} if self.metrics else {}
            model.compile(optimizer, **own)
        if self.max_model_size and model.built and model.count_params() > self.max_model_size:
            raise FailedTrialError(
                f"The model has {model.count_params()} weights, more than "
                f"max_model_size={self.max_model_size}."
            )
        return model

    def _copied(self, callbacks: Any) -> list[Any]:
        callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        try:
            return copy.deepcopy(callbacks)
        except Exception as error:
            raise FatalValueError(
                "Callbacks of a search are copied for each trial, and these cannot be: "
                f"{callbacks} ({error})"
            ) from error

    def _explore_space(self) -> None:
        """Build models until every conditional scope was active once: all hyperparameters."""
        if self.hypermodel is None:
            return
        hp = self.oracle.get_space()
        self.hypermodel.declare_hyperparameters(hp)
        self.oracle.update_space(hp)
        never: list[Any] = []
        once: list[Any] = []
        hp = self.oracle.get_space()
        while True:
            with own_names(), seeded(self.oracle.seed):
                self.hypermodel.build(hp)
            self.oracle.update_space(hp)
            once += [scope for scope in hp.active_scopes if scope not in once]
            never += [scope for scope in hp.inactive_scopes if scope not in never]
            tried = [scope for scope in never if scope not in once]
            if not tried:
                return
            hp = self.oracle.get_space()
            for condition in tried[0]:
                hp.values[condition.name] = condition.values[0]
            hp.ensure_active_values()
            once.append(tried[0])  # if it cannot be activated, once is enough

    # -- results ----------------------------------------------------------------------------------

    def get_best_models(self, num_models: int = 1) -> list[Any]:
        """The models of the best trials, with the weights of their best epochs, best first."""
        return [self.load_model(trial) for trial in self.oracle.get_best_trials(num_models)]

    def load_model(self, trial: Trial) -> Any:
        """The model of a trial, with the weights of its best epoch."""
        with own_names():
            model = self._build(trial.hyperparameters.copy())
        folder = self.get_trial_dir(trial.trial_id)
        if not model.built:
            with open(os.path.join(folder, "build_config.json"), encoding="utf-8") as file:
                model.build_from_config(json.load(file))
        model.load_weights(os.path.join(folder, CHECKPOINT))
        return model

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[HyperParameters]:
        """The hyperparameters of the best trials, best first."""
        return [trial.hyperparameters for trial in self.oracle.get_best_trials(num_trials)]

    def search_space_summary(self, extended: bool = False) -> None:
        """Print all hyperparameters."""
        hp = self.oracle.get_space()
        print("Search space summary")
        print(f"Default search space size: {len(hp.space)}")
        for p in hp.space:
            print(f"{p.name} ({type(p).__name__})")
            print(p.config())

    def results_summary(self, num_trials: int = 10) -> None:
        """Print the best trials."""
        print("Results summary")
        print(f"Results in {self.project_dir}")
        print(f"Showing {num_trials} best trials")
        print(self.oracle.objective)
        for trial in self.oracle.get_best_trials(num_trials):
            print()
            trial.summary()

    @property
    def remaining_trials(self) -> int | None:
        """How many trials are left; None: unknown."""
        return self.oracle.remaining_trials()

    @property
    def project_dir(self) -> str:
        """The folder of the project."""
        path = os.path.join(str(self.directory), self.project_name)
        os.makedirs(path, exist_ok=True)
        return path

    def get_trial_dir(self, trial_id: str) -> str:
        """The folder of a trial."""
        path = os.path.join(self.project_dir, f"trial_{trial_id}")
        os.makedirs(path, exist_ok=True)
        return path

    # -- hooks ------------------------------------------------------------------------------------

    def on_search_begin(self) -> None:
        """Before the first trial."""

    def on_search_end(self) -> None:
        """After the last trial."""

    def on_trial_begin(self, trial: Trial) -> None:
        """Before a trial."""

    def on_trial_end(self, trial: Trial) -> None:
        """After a trial; notes its result."""
        self.oracle.end_trial(trial)

    def on_epoch_begin(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """Before an epoch of a trial."""

    def on_epoch_end(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """After an epoch of a trial."""

    def on_batch_begin(self, trial: Trial, model: Any, batch: int, logs: Any = None) -> None:
        """Before a batch; an override makes training come back to Python for each."""

    def on_batch_end(self, trial: Trial, model: Any, batch: int, logs: Any = None) -> None:
        """After a batch; an override makes training come back to Python for each."""
