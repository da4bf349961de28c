# SPDX-License-Identifier: Apache-2.0
"""What `compile` makes of its arguments, and the logs that come out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pronghorn import metrics
from pronghorn.training.compile_loss import CompileLoss
from pronghorn.training.compile_metrics import CompileMetrics


class Compiled:
    """`model._compiled`: a plain object, so that trackers do not count as parts of the model.

    Args:
        model: may be unbuilt.
        arguments: what `compile` was called with; kept for saving.

    Attributes:
        loss: CompileLoss or None.
        metrics: CompileMetrics or None.
        loss_tracker: mean of the total loss, weighted by the rows of the batches.
        trained: the trainable variables at the time of `compile`; None if the model was not built
            yet.
    """

    def __init__(self, model: Any, arguments: dict[str, Any]) -> None:
        loss, weights = arguments["loss"], arguments["loss_weights"]
        plain, weighted = arguments["metrics"], arguments["weighted_metrics"]
        self.arguments = arguments
        self.loss = None if loss is None else CompileLoss(loss, weights)
        self.metrics = None if not plain and not weighted else CompileMetrics(plain, weighted)
        self.loss_tracker = metrics.Mean(name="loss")
        self.trained: list[Any] | None = None
        if getattr(model, "built", False):
            self.trained = list(model.trainable_variables)

    @contextmanager
    def binding(self, names: list[str] | None) -> Iterator[None]:
        """Loss and metrics meet the outputs of the model, now built, for the first time.

        If they do not get along, it is as if they had never met.
        """
        new = [part for part in (self.loss, self.metrics) if part is not None and not part.bound]
        for part in new:
            part.model_names = names
        try:
            yield
        except BaseException:
            for part in new:
                part.unbind()
            raise

    def all_metrics(self) -> list[Any]:
        """Mean loss, compiled metrics, the outputs' mean losses."""
        found = [self.loss_tracker]
        found += self.metrics.metrics if self.metrics is not None else []
        return found + (self.loss.metrics if self.loss is not None else [])

    def by_log_name(self) -> dict[str, Any]:
        """Name in the logs -> metric, in the same order."""
        named = {"loss": self.loss_tracker}
        if self.metrics is not None:
            named.update(self.metrics.by_name)
        if self.loss is not None:
            named.update({metric.name: metric for metric in self.loss.metrics})
        return named


def logs_of(model: Any) -> dict[str, Any]:
    """The current values of all metrics of a model: Python floats by name, alphabetically.

    Averages per class and the like stay arrays; a metric with several results gives each its own
    name.
    """
    logs = {}
    for name, metric in model._metrics_by_log_name().items():
        result = metric.result()
        results = result if isinstance(result, dict) else {name: result}
        logs.update({key: _plain(value) for key, value in results.items()})
    return dict(sorted(logs.items()))


def in_order(logs: dict[str, Any], found: list[Any]) -> dict[str, Any]:
    """Logs in the order of Keras's lists: metrics logged under their own name, then the rest.

    For one output that is loss and metrics as compiled; for several: loss, each output's loss, and
    `<output>_<metric>` alphabetically.
    """
    first = [name for name in dict.fromkeys(metric.name for metric in found) if name in logs]
    return {name: logs[name] for name in [*first, *sorted(set(logs) - set(first))]}


def as_list(logs: dict[str, Any], found: list[Any]) -> Any:
    """The values of `in_order`; a single one bare."""
    values = list(in_order(logs, found).values())
    return values[0] if len(values) == 1 else values


def _plain(value: Any) -> Any:
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
