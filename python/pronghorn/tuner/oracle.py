# SPDX-License-Identifier: Apache-2.0
"""What to try next: an Optuna study behind the interface of KerasTuner's oracles."""

from __future__ import annotations

import math
import os
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from pronghorn.random.seed_generator import global_generator
from pronghorn.tuner.errors import FatalRuntimeError
from pronghorn.tuner.hyperparameters import HyperParameters
from pronghorn.tuner.kinds import HyperParameter
from pronghorn.tuner.objective import as_objective
from pronghorn.tuner.trial import Trial, TrialStatus

# Draws of values that were tried before, after which the space counts as exhausted.
_MAX_COLLISIONS = 20


class Oracle:
    """Proposes hyperparameters and remembers results, in an Optuna study.

    The values of trial number i depend on the seed and i, and for samplers that learn also on the
    trials that have ended by then.

    Args:
        objective: name of a metric, `Objective`, or a list of them.
        max_trials: how many sets of hyperparameters are tried; None: until the space is exhausted.
        hyperparameters: a space known beforehand; its values are used where nothing is searched.
        allow_new_entries: whether models may ask for hyperparameters that are not in it.
        tune_new_entries: whether those are searched; if not, they have their defaults.
        seed: an int repeats a search; None takes one from the global generator.
        max_retries_per_trial: how often a trial that fails is tried again.
        max_consecutive_failed_trials: the search ends with an error after so many.
        sampler: an Optuna sampler instead of the oracle's own.
        pruner: an Optuna pruner; trials that it gives up end early.

    Attributes:
        trials: trial_id -> `Trial`.
        study: the Optuna study, for its plots, importances and dashboards.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        hyperparameters: HyperParameters | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        seed: int | None = None,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        sampler: Any = None,
        pruner: Any = None,
    ) -> None:
        if hyperparameters is None and not (allow_new_entries and tune_new_entries):
            raise ValueError(
                "`allow_new_entries=False` and `tune_new_entries=False` need `hyperparameters`."
            )
        self.objective = as_objective(objective)
        self.max_trials = max_trials
        self.hyperparameters = hyperparameters or HyperParameters()
        self.allow_new_entries, self.tune_new_entries = allow_new_entries, tune_new_entries
        self.seed = global_generator().integer() % 2**32 if seed is None else seed
        self.max_retries_per_trial = max_retries_per_trial
        self.max_consecutive_failed_trials = max_consecutive_failed_trials
        self.sampler, self.pruner = sampler, pruner
        self.trials: dict[str, Trial] = {}
        self.study: Any = None
        self._ended: list[Trial] = []
        self._unfinished: list[dict[str, Any]] = []
        self._lock = threading.RLock()

    # -- what kinds of search differ in -----------------------------------------------------------

    def make_sampler(self, seed: int) -> Any:
        """The Optuna sampler for one trial."""
        return optuna.samplers.RandomSampler(seed)

    def next_values(self) -> dict[str, Any] | None:
        """Values of the next trial, if the oracle knows them; None: the sampler draws them.

        Raises:
            StopIteration: there are no more.
        """
        return None

    # -- storage ----------------------------------------------------------------------------------

    def open(self, project_dir: str, storage: Any = None) -> bool:
        """Create the study, or go on with the one that is there.

        Args:
            project_dir: folder of the project.
            storage: an Optuna storage, or the URL of a database; None: a journal in the folder.

        Returns:
            Whether it was there.
        """
        if storage is None:
            journal = JournalFileBackend(os.path.join(project_dir, "journal.log"))
            storage = optuna.storages.JournalStorage(journal)
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self.study = optuna.create_study(
                storage=storage,
                sampler=self.sampler or optuna.samplers.RandomSampler(self.seed),
                pruner=self.pruner or optuna.pruners.NopPruner(),
                study_name=Path(project_dir).name,
                direction="maximize" if self.objective.direction == "max" else "minimize",
                load_if_exists=True,
            )
        finally:
            optuna.logging.set_verbosity(level)
        return bool(self.study.trials)

    def reload(self) -> None:
        """Take over the trials of the study; those that a killed process left behind come again."""
        self.seed = self.study.user_attrs.get("seed", self.seed)
        self.study.set_user_attr("seed", self.seed)
        redone = set()
        for frozen in self.study.trials:
            state = frozen.user_attrs.get("trial")
            if state is None:
                continue  # a draw that was there before
            trial = Trial.from_state(state, self.hyperparameters)
            self.trials[trial.trial_id] = trial
            if trial.status == TrialStatus.RUNNING and _is_abandoned(state["worker"]):
                self.study.tell(frozen.number, state=TrialState.FAIL, skip_if_finished=True)
                self._unfinished.append(state)
            elif trial.status != TrialStatus.RUNNING:
                redone.add(trial.trial_id)
                self._ended.append(trial)
        self._unfinished = [s for s in self._unfinished if s["trial_id"] not in redone]

    # -- trials -----------------------------------------------------------------------------------

    def create_trial(self, tuner_id: str = "tuner0") -> Trial | None:
        """The next trial to run; None if there is none."""
        with self._lock:
            if self._unfinished:
                state = self._unfinished.pop(0)
                return self._begin(state["trial_id"], state["values"])
            if self.max_trials is not None and len(self.trials) >= self.max_trials:
                return None
            trial_id = f"{len(self.trials):0{len(str(self.max_trials))}d}"
            try:
                values = self.next_values()
            except StopIteration:
                return None
            if values is not None:
                return self._begin(trial_id, values)
            for attempt in range(_MAX_COLLISIONS):
                trial = self._begin(trial_id, attempt=attempt)
                if trial is not None:
                    return trial
            return None

    def _begin(
        self, trial_id: str, values: dict[str, Any] | None = None, attempt: int = 0
    ) -> Trial | None:
        """Start a trial with some values, or with those that the sampler draws.

        Returns:
            None if these were tried before.
        """
        hp = self.hyperparameters.copy()
        keys = _optuna_keys(hp)
        if values is not None:
            hp.values = dict(values)
            known = {
                keys[i]: p.encode(values[p.name])
                for i, p in enumerate(hp.space)
                if p.name in values and hp.is_active(p)
            }
            self.study.enqueue_trial(known)
        asked = self.study.ask()
        if self.sampler is None:
            seeds = np.random.SeedSequence([self.seed, int(trial_id), attempt])
            self.study.sampler = self.make_sampler(int(seeds.generate_state(1)[0]))
        hp.values = {}
        for i, p in enumerate(hp.space):
            if hp.is_active(p):
                hp.values[p.name] = p.suggest(asked, keys[i])
        if values is not None:
            hp.values = dict(values)
        elif any(hp.values == trial.hyperparameters.values for trial in self.trials.values()):
            self.study.tell(asked, state=TrialState.FAIL)
            return None
        trial = Trial(hp, trial_id)
        trial.optuna_trial = asked
        self.trials[trial_id] = trial
        asked.set_user_attr("trial", {**trial.state(), "worker": _this_worker()})
        return trial

    def update_trial(self, trial_id: str, metrics: dict[str, float], step: int = 0) -> Trial:
        """Note the metrics of a trial."""
        trial = self.trials[trial_id]
        for name, value in metrics.items():
            trial.metrics.update(name, value, step)
        return trial

    def end_trial(self, trial: Trial) -> None:
        """Note how a trial ended.

        Raises:
            FatalRuntimeError: too many trials failed one after another.
        """
        with self._lock:
            self.update_space(trial.hyperparameters)
            if trial.status == TrialStatus.COMPLETED:
                (trial.best_step, trial.score), *_ = trial.metrics.get_history(self.objective.name)
                if math.isnan(trial.score):
                    trial.status = TrialStatus.FAILED
                    trial.message = f"{self.objective.name} is NaN"
            if trial.status == TrialStatus.INVALID:
                trial.status = TrialStatus.FAILED
            asked = trial.optuna_trial
            asked.set_user_attr("trial", trial.state())
            if trial.status == TrialStatus.FAILED:
                self.study.tell(asked, state=TrialState.FAIL)
            elif asked.user_attrs.get("pruned"):
                self.study.tell(asked, state=TrialState.PRUNED)
            else:
                self.study.tell(asked, trial.score)
            self._ended.append(trial)
            last = self._ended[-self.max_consecutive_failed_trials :]
            all_failed = all(trial.status == TrialStatus.FAILED for trial in last)
            if len(last) == self.max_consecutive_failed_trials and all_failed:
                raise FatalRuntimeError(
                    f"{len(last)} trials failed one after another "
                    "(`max_consecutive_failed_trials`). The last one:\n" + (trial.message or "")
                )

    def abandon(self, trial: Trial) -> None:
        """A trial was interrupted: the next search does it again."""
        with self._lock:
            self.study.tell(trial.optuna_trial, state=TrialState.FAIL)
            self._unfinished.append(trial.state())

    def get_trial(self, trial_id: str) -> Trial:
        """The trial of an id."""
        return self.trials[trial_id]

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """The best trials, the best first."""
        with self._lock:  # a trial that has just ended gets its score under it
            done = [
                (trial.score, trial)
                for trial in self.trials.values()
                if trial.status == TrialStatus.COMPLETED and trial.score is not None
            ]
        done.sort(key=lambda pair: pair[0], reverse=self.objective.direction == "max")
        return [trial for _, trial in done[:num_trials]]

    def remaining_trials(self) -> int | None:
        """How many more will be tried; None: unknown."""
        return None if self.max_trials is None else self.max_trials - len(self.trials)

    # -- space ------------------------------------------------------------------------------------

    def get_space(self) -> HyperParameters:
        """A copy of the search space, with its default values."""
        return self.hyperparameters.copy()

    def update_space(self, hyperparameters: HyperParameters) -> None:
        """Add what a model asked for and is not known yet.

        Raises:
            RuntimeError: new entries are not allowed.
        """
        with self._lock:
            new = [p for p in hyperparameters.space if self.hyperparameters._position(p) is None]
            if new and not self.allow_new_entries:
                raise RuntimeError(
                    f"`allow_new_entries` is False, but the model asks for {[p.name for p in new]}."
                )
            if self.tune_new_entries:
                self.hyperparameters.merge(new)


def _optuna_keys(hp: HyperParameters) -> list[str]:
    """The name of each hyperparameter for Optuna; a name under two conditions is two for it."""
    seen: dict[str, list[HyperParameter]] = {}
    keys = []
    for p in hp.space:
        number = len(seen.setdefault(p.name, []))
        keys.append(f"{p.name}#{number + 1}" if number else p.name)
        seen[p.name].append(p)
    return keys


def _this_worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_abandoned(worker: str) -> bool:
    """Whether the process of a running trial is gone; another machine's is left alone."""
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname():
        return False
    if int(pid) == os.getpid():
        return True
    if os.name == "nt":  # where signal 0 is no question
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
