# SPDX-License-Identifier: Apache-2.0
"""One set of hyperparameters, and what came of it."""

from __future__ import annotations

from typing import Any

from pronghorn.tuner.hyperparameters import HyperParameters


class TrialStatus:
    """The states of a trial."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"  # failed, and may be tried again
    FAILED = "FAILED"


class TrialMetrics:
    """Values by name and step."""

    def __init__(self, values: dict[str, dict[int, float]] | None = None) -> None:
        self.values = values or {}

    def exists(self, name: str) -> bool:
        """Whether there is a value of a metric."""
        return name in self.values

    def update(self, name: str, value: float, step: int = 0) -> None:
        """Note a value."""
        self.values.setdefault(name, {})[step] = float(value)

    def get_history(self, name: str) -> list[tuple[int, float]]:
        """All values with their steps."""
        return sorted(self._of(name).items())

    def get_last_value(self, name: str) -> float:
        """The value of the last step.

        Raises:
            ValueError: there is no such metric.
        """
        return self.get_history(name)[-1][1]

    def _of(self, name: str) -> dict[int, float]:
        if name not in self.values:
            raise ValueError(f"Unknown metric: {name!r}. There are: {list(self.values)}")
        return self.values[name]


class Trial:
    """One set of hyperparameters, and what came of it.

    Attributes:
        trial_id: its number, as text.
        hyperparameters: their values, and the space.
        status: see `TrialStatus`.
        score: the value of the objective in the best epoch, the mean over executions.
        best_step: number of that epoch.
        metrics: the values of all metrics in it.
        message: why it failed.
    """

    def __init__(
        self,
        hyperparameters: HyperParameters,
        trial_id: str,
        status: str = TrialStatus.RUNNING,
        message: str | None = None,
    ) -> None:
        self.hyperparameters, self.trial_id = hyperparameters, trial_id
        self.status, self.message = status, message
        self.metrics = TrialMetrics()
        self.score: float | None = None
        self.best_step = 0
        self.optuna_trial: Any = None

    def summary(self) -> None:
        """Print hyperparameters and score."""
        print(f"Trial {self.trial_id} summary")
        print("Hyperparameters:")
        self.display_hyperparameters()
        if self.score is not None:
            print(f"Score: {self.score}")
        if self.message is not None:
            print(self.message)

    def display_hyperparameters(self) -> None:
        """Print the hyperparameters."""
        for name, value in self.hyperparameters.values.items():
            print(f"{name}: {value}")
        if not self.hyperparameters.values:
            print("default configuration")

    def state(self) -> dict[str, Any]:
        """As plain data, for the storage."""
        return {
            "trial_id": self.trial_id,
            "values": self.hyperparameters.values,
            "status": self.status,
            "message": self.message,
            "score": self.score,
            "best_step": self.best_step,
            "metrics": self.metrics.values,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], space: HyperParameters) -> Trial:
        """From the data of `state`."""
        hp = space.copy()
        hp.values = dict(state["values"])
        trial = cls(hp, state["trial_id"], state["status"], state["message"])
        trial.score, trial.best_step = state["score"], state["best_step"]
        for name, values in state["metrics"].items():
            for step, value in values.items():
                trial.metrics.update(name, value, int(step))
        return trial
