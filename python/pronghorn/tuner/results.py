# SPDX-License-Identifier: Apache-2.0
"""What a trial may return, as the values of metrics and the epoch that they belong to."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from pronghorn.callbacks import History
from pronghorn.tuner.errors import FatalTypeError, FatalValueError
from pronghorn.tuner.objective import DefaultObjective, Objective


def summarize(results: Any, objective: Objective, who: str) -> tuple[dict[str, float], int]:
    """The metrics in the best epoch, and its number: means over executions.

    Args:
        results: a `History`, a dict of metrics, a number, or a list of these (one per execution).
        objective: decides which epoch is best.
        who: what returned the results, for messages.

    Raises:
        FatalTypeError, FatalValueError: they are something else, or the objective is missing.
    """
    if isinstance(results, list) and results:
        parts = [summarize(result, objective, who) for result in results]
        names = parts[0][0]
        means = {name: float(np.mean([part[0][name] for part in parts])) for name in names}
        return means, int(np.mean([step for _, step in parts]))
    if results is None:
        raise FatalTypeError(f"{who} returned None. Did you forget to return the metrics?")
    if isinstance(results, numbers.Real) and not isinstance(results, bool):
        return {objective.name: float(results)}, 0
    if isinstance(objective, DefaultObjective) and not (
        isinstance(results, dict) and objective.name in results
    ):
        raise FatalTypeError(
            f"Without an objective, {who} must return a single float to be minimized. "
            f"Received: {results!r} of type {type(results).__name__}"
        )
    if isinstance(results, History):
        return _best_epoch(results.history, objective, who)
    if isinstance(results, dict):
        return _with_objective(results, objective, who), 0
    raise FatalTypeError(
        f"{who} must return a float, a dict, a History, or a list of these. "
        f"Received: {results!r} of type {type(results).__name__}"
    )


def _best_epoch(
    history: dict[str, list[Any]], objective: Objective, who: str
) -> tuple[dict[str, float], int]:
    length = max((len(values) for values in history.values()), default=0)
    epochs = [
        {name: values[i] for name, values in history.items() if i < len(values)}
        for i in range(length)
    ]
    scored = [
        (i, _with_objective(logs, objective, who))
        for i, logs in enumerate(epochs)
        if objective.has_value(logs)  # with validation_freq some epochs have none
    ]
    if not scored:
        _with_objective(epochs[-1] if epochs else {}, objective, who)
    best, values = scored[0]
    for i, logs in scored:
        if objective.better_than(logs[objective.name], values[objective.name]):
            best, values = i, logs
    return values, best


def _with_objective(logs: dict[str, Any], objective: Objective, who: str) -> dict[str, float]:
    if not objective.has_value(logs):
        raise FatalValueError(
            f"{who} must report the objective {objective.name!r}. It reported: {list(logs)}"
        )
    return {**{k: float(v) for k, v in logs.items()}, objective.name: objective.get_value(logs)}
