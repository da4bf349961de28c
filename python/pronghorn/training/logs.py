# SPDX-License-Identifier: Apache-2.0
"""What is known of a run: what the steps return, as numbers by name."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn._configurable import is_ours
from pronghorn.backend import NoValueError, Tensor, Trace, Variable, convert_to_tensor, init_scope
from pronghorn.metrics import Metric


class KeptLogs:
    """Where to find what a traced step returned, each time after it has run.

    Args:
        sources: name -> metric, (metric, key of its result), variable or value.
    """

    def __init__(self, sources: dict[str, Any]) -> None:
        self.sources = sources

    @functools.cached_property
    def summary(self) -> tuple[list[str], _core.Program] | None:
        """The names of the values, and the program that computes them.

        None if one is computed in Python, or by a metric of the user's, which may look at what
        Python changes.
        """
        if not self.sources:
            return None
        metrics = [s[0] if isinstance(s, tuple) else s for s in self.sources.values()]
        if not all(isinstance(m, Variable) or is_ours(type(m)) for m in metrics):
            return None
        with Trace() as trace:
            try:
                found = _found(self.sources)
            except NoValueError:
                return None
            if not all(isinstance(value, Variable | Tensor) for value in found.values()):
                return None
            return list(found), trace.compile(list(map(convert_to_tensor, found.values())))


def kept_logs(trace: Trace, model: Any, returned: Any, step: str) -> KeptLogs | None:
    """What a traced step returned, to be found again when it has run.

    Results of metrics are left to the metrics: the trace knows that they are the same numbers, and
    so they need not be computed in every step. All else is assigned to variables.

    Args:
        trace: the trace of the step, at its end.
        model: of the step.
        returned: by the step: a dict, or None for the results of all metrics.
        step: name of the method, for messages.

    Raises:
        TypeError: the step returned something else.
    """
    if returned is None:
        return None
    if not isinstance(returned, Mapping):
        raise TypeError(
            f"`{step}` must return a dict of logs. Received: {returned!r} of type "
            f"{type(returned).__name__}"
        )
    results: dict[int, Any] = {}
    for metric in model.metrics:
        try:
            result = metric.result()
        except NoValueError:
            continue
        parts = result if isinstance(result, dict) else {None: result}
        for key, value in parts.items():
            if isinstance(value, Tensor) and value.trace is trace:
                results.setdefault(value.node, metric if key is None else (metric, key))
    kept: dict[str, Any] = {}
    for name, value in _flat(returned).items():
        value = value.value if isinstance(value, Variable) else value
        if not isinstance(value, Tensor) or value.trace is None:
            kept[name] = value
        elif value.node in results:
            kept[name] = results[value.node]
        else:
            with init_scope():
                kept[name] = Variable(np.zeros(value.shape), dtype=value.dtype, trainable=False)
            kept[name].assign(value)
    return KeptLogs(kept)


def log_values(model: Any, kept: KeptLogs | Mapping[str, Any] | None) -> dict[str, Any]:
    """Logs as Python floats by name, alphabetically.

    Averages per class and the like stay arrays; a metric with several results gives each its own
    name.

    Args:
        model: its metrics are the logs where nothing else is.
        kept: what a step returned (as `KeptLogs` if it was traced), or None.
    """
    if isinstance(kept, KeptLogs):
        if kept.summary is not None:
            names, program = kept.summary
            return {n: plain(v) for n, v in zip(names, program.run([]), strict=True)}
        kept = kept.sources
    found = _found(model._metrics_by_name() if kept is None else kept)
    return {name: plain(value) for name, value in found.items()}


def _found(sources: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name, alphabetically."""
    results: dict[Metric, Any] = {}

    def result(metric: Metric) -> Any:
        if metric not in results:
            results[metric] = metric.result()
        return results[metric]

    values: dict[str, Any] = {}
    for name, source in sources.items():
        if isinstance(source, tuple):
            values[name] = result(source[0])[source[1]]
        elif hasattr(source, "update_state"):
            values[name] = result(source)
        else:
            values[name] = source
    return dict(sorted(_flat(values).items()))


def in_order(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the order of Keras's lists: metrics logged under their own name, then the rest.

    For one output that is loss and metrics as compiled; for several: loss, each output's loss,
    and `<output>_<metric>` alphabetically.
    """
    first = [name for name in dict.fromkeys(m.name for m in model.metrics) if name in values]
    return {name: values[name] for name in [*first, *sorted(set(values) - set(first))]}


def as_list(model: Any, values: Mapping[str, Any]) -> Any:
    """The values of `in_order`; a single one bare."""
    if len(values) == 1:
        return next(iter(values.values()))
    return list(in_order(model, values).values())


def _flat(logs: Mapping[str, Any]) -> dict[str, Any]:
    """A dict among the values gives each of its values its own name."""
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        flat.update(_flat(value) if isinstance(value, Mapping) else {name: value})
    return flat


def plain(value: Any) -> Any:
    """A single number as a float, all else as an array."""
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
