# SPDX-License-Identifier: Apache-2.0
"""The kinds of search: an oracle and a tuner each, with KerasTuner's names and arguments."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any

import optuna

from pronghorn.tuner.hyperparameters import HyperParameters
from pronghorn.tuner.oracle import Oracle
from pronghorn.tuner.tuner import Tuner


class RandomSearchOracle(Oracle):
    """Draws every value at random, without repeating itself."""

    def __init__(self, objective: Any = None, max_trials: int | None = 10, **kwargs: Any) -> None:
        super().__init__(objective, max_trials, **kwargs)


class GridSearchOracle(Oracle):
    """Goes through all values; a range without steps counts as ten values."""

    def next_values(self) -> dict[str, Any]:
        tried = [trial.hyperparameters.values for trial in self.trials.values()]
        return next(values for values in _grid(self.hyperparameters) if values not in tried)


def _grid(space: HyperParameters, place: int = 0) -> Iterator[dict[str, Any]]:
    """All sets of values of the hyperparameters from a place on, given those before it."""
    hp = space.copy() if place else _without_values(space)
    if place == len(hp.space):
        yield hp.values
        return
    p = hp.space[place]
    if not hp.is_active(p):
        yield from _grid(hp, place + 1)
        return
    for value in p.values:
        hp.values[p.name] = value
        yield from _grid(hp, place + 1)


def _without_values(space: HyperParameters) -> HyperParameters:
    hp = space.copy()
    hp.values = {}
    return hp


class BayesianOptimizationOracle(Oracle):
    """Learns from the trials that have ended: Optuna's tree-structured Parzen estimator.

    Args:
        objective, max_trials, **kwargs: as for `Oracle`.
        num_initial_points: random trials at the beginning; three for each hyperparameter by
            default.
        alpha, beta: of KerasTuner's Gaussian process, which there is none of here: accepted for its
            sake. Another `sampler` of Optuna, such as `GPSampler`, can be given instead.

    Bergstra et al., "Algorithms for hyper-parameter optimization", 2011.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int = 10,
        num_initial_points: int | None = None,
        alpha: float = 1e-4,
        beta: float = 2.6,
        **kwargs: Any,
    ) -> None:
        super().__init__(objective, max_trials, **kwargs)
        self.num_initial_points, self.alpha, self.beta = num_initial_points, alpha, beta

    def make_sampler(self, seed: int) -> Any:
        initial = self.num_initial_points or max(3 * len(self.hyperparameters.space), 3)
        return optuna.samplers.TPESampler(n_startup_trials=initial, constant_liar=True, seed=seed)


class HyperbandOracle(Oracle):
    """Starts many trials and gives up all but the best after few epochs: Optuna's HyperbandPruner.

    Args:
        objective, **kwargs: as for `Oracle`.
        max_epochs: most epochs of a trial.
        factor: of the trials in a bracket, one in so many survives each rung, and trains so many
            times longer.
        hyperband_iterations: as many times as many trials; KerasTuner's numbers.

    Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization", 2018.
    """

    def __init__(
        self,
        objective: Any = None,
        max_epochs: int = 100,
        factor: int = 3,
        hyperband_iterations: int = 1,
        **kwargs: Any,
    ) -> None:
        if not isinstance(factor, int) or factor < 2:
            raise ValueError(f"`factor` must be an int > 1. Received: factor={factor!r}")
        self.max_epochs, self.factor = max_epochs, factor
        self.hyperband_iterations = hyperband_iterations
        brackets = int(math.log(max_epochs, factor) + 1e-9) + 1
        last = math.ceil(1 + math.log(max_epochs, factor))
        sizes = [math.ceil(last / (b + 1) * factor**b) for b in range(brackets)]
        pruner = optuna.pruners.HyperbandPruner(1, max_epochs, factor)
        given = {"pruner": pruner, **kwargs}
        super().__init__(objective, sum(sizes) * hyperband_iterations, **given)


class _Search(Tuner):
    """A tuner that makes its own oracle, which takes the arguments that a Tuner does not."""

    oracle_class: type[Oracle]

    def __init__(self, hypermodel: Any = None, *args: Any, **kwargs: Any) -> None:
        tuners = set(inspect.signature(Tuner.__init__).parameters) - {"self", "oracle", "kwargs"}
        tuners |= {"tuner_id", "logger", "distribution_strategy"}
        own = {name: value for name, value in kwargs.items() if name not in tuners}
        rest = {name: value for name, value in kwargs.items() if name in tuners}
        try:
            oracle = self.oracle_class(*args, **own)
        except TypeError as error:
            message = str(error).replace("__init__()", type(self).__name__)
            raise ValueError(message) from None
        super().__init__(oracle, hypermodel, **rest)


class RandomSearch(_Search):
    """Tries random hyperparameters.

    Args:
        hypermodel: a `HyperModel`, or a function from `HyperParameters` to a compiled model.
        objective: name of a metric, such as "val_accuracy"; an `Objective`; or a list of them.
        max_trials: how many to try, 10 by default.
        **kwargs: `seed`, `hyperparameters`, `tune_new_entries`, `allow_new_entries`,
            `max_retries_per_trial`, `max_consecutive_failed_trials`, `sampler` and `pruner` of
            `Oracle`; `directory`, `project_name`, `overwrite`, `executions_per_trial`, `n_jobs`,
            `storage` and others of `Tuner`.

    Example:
    >>> import tempfile, numpy as np, pronghorn as keras
    >>> import pronghorn.tuner as kt
    >>> def build(hp):
    ...     model = keras.Sequential([
    ...         keras.layers.Dense(hp.Int("units", 1, 8), activation="relu"),
    ...         keras.layers.Dense(1),
    ...     ])
    ...     rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    ...     model.compile(keras.optimizers.SGD(rate), "mse")
    ...     return model
    >>> x = np.random.default_rng(0).normal(size=(64, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tuner = kt.RandomSearch(build, "loss", max_trials=3, seed=1, directory=folder)
    ...     tuner.search(x, x.sum(axis=1), epochs=2, verbose=0)
    ...     best = tuner.get_best_hyperparameters()[0]
    >>> sorted(best.values)
    ['rate', 'units']
    """

    oracle_class = RandomSearchOracle


class GridSearch(_Search):
    """Tries all combinations of values, the last hyperparameter changing fastest.

    Args:
        hypermodel, objective, **kwargs: as for `RandomSearch`.
        max_trials: at most so many; all by default.
    """

    oracle_class = GridSearchOracle


class BayesianOptimization(_Search):
    """Tries what looks promising after the trials so far.

    Args:
        hypermodel, objective, max_trials, **kwargs: as for `RandomSearch`.
        num_initial_points, alpha, beta: see `BayesianOptimizationOracle`.
    """

    oracle_class = BayesianOptimizationOracle


class Hyperband(_Search):
    """Tries many random hyperparameters, most of them for a few epochs only.

    Args:
        hypermodel, objective, **kwargs: as for `RandomSearch`.
        max_epochs, factor, hyperband_iterations: see `HyperbandOracle`. They decide about the
            number of epochs and trials, and `epochs` of `search` does not.
    """

    oracle_class = HyperbandOracle
    oracle: HyperbandOracle

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        """Train for up to `max_epochs` epochs."""
        results = super().run_trial(trial, *args, **{**kwargs, "epochs": self.oracle.max_epochs})
        epochs = trial.optuna_trial.user_attrs.get("pruned", self.oracle.max_epochs)
        trial.hyperparameters.values["tuner/epochs"] = epochs
        return results
