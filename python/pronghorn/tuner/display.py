# SPDX-License-Identifier: Apache-2.0
"""What a search shows: nested bars in a terminal or notebook, one line per trial elsewhere."""

from __future__ import annotations

import threading
import time
from typing import Any

from pronghorn.training.arguments import is_interactive
from pronghorn.tuner.trial import Trial, TrialStatus


class Display:
    """Shows trials as they begin and end; threads may call it.

    Args:
        oracle: knows the objective, and how many trials there will be.
        verbose: 0 shows nothing.
    """

    def __init__(self, oracle: Any, verbose: int = 1) -> None:
        self.oracle, self.verbose = oracle, verbose
        self._began: dict[str, float] = {}
        self._bars: dict[str, Any] = {}
        self._progress: Any = None
        self._all: Any = None
        self._lock = threading.Lock()

    def on_search_begin(self) -> None:
        """Open the bars, if there is something to draw them on."""
        if not self.verbose or not is_interactive():
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.table import Column

        # A note that is too long is cut: it must not squeeze the bars.
        note = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._progress = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", table_column=note),
            expand=True,
            refresh_per_second=10,
        )
        self._all = self._progress.add_task(
            "Trials", total=self.oracle.max_trials, completed=self._done(), note=self._best()
        )
        self._progress.start()

    def on_trial_begin(self, trial: Trial) -> None:
        """A bar for its epochs."""
        self._began[trial.trial_id] = time.monotonic()
        if self._progress is not None:
            note = _settings(trial)
            bar = self._progress.add_task(f"Trial {trial.trial_id}", total=None, note=note)
            self._bars[trial.trial_id] = bar

    def on_epoch_end(self, trial: Trial, done: int, epochs: Any, logs: dict[str, Any]) -> None:
        """Move its bar."""
        if trial.trial_id in self._bars:
            objective, note = self.oracle.objective, _settings(trial)
            if objective.has_value(logs):
                note = f"{objective.name}: {objective.get_value(logs):.4f} - {note}"
            bar = self._bars[trial.trial_id]
            self._progress.update(bar, total=epochs, completed=done, note=note)

    def on_trial_end(self, trial: Trial) -> None:
        """A line with its score; its bar goes."""
        if not self.verbose:
            return
        seconds = time.monotonic() - self._began.pop(trial.trial_id, time.monotonic())
        total = f"/{self.oracle.max_trials}" if self.oracle.max_trials else ""
        result = "failed"
        if trial.status == TrialStatus.COMPLETED and trial.score is not None:
            result = f"{self.oracle.objective.name}: {trial.score:.4f}"
        with self._lock:
            parts = [f"Trial {trial.trial_id}{total}", f"{seconds:.1f}s", result, self._best()]
            line = " - ".join([*filter(None, parts), _settings(trial)])
            if self._progress is None:
                print(line, flush=True)
                return
            self._progress.remove_task(self._bars.pop(trial.trial_id))
            self._progress.update(self._all, completed=self._done(), note=self._best())
            self._progress.console.print(line, markup=False, highlight=False)

    def on_search_end(self) -> None:
        """Close the bars."""
        if self._progress is not None:
            self._progress.stop()
            self._progress, self._bars = None, {}

    def _done(self) -> int:
        running = TrialStatus.RUNNING
        return sum(t.status != running for t in list(self.oracle.trials.values()))

    def _best(self) -> str:
        best = self.oracle.get_best_trials(1)
        return f"best so far: {best[0].score:.4f}" if best else ""


def _settings(trial: Trial) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.hyperparameters.values.items()
    )
