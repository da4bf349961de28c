# SPDX-License-Identifier: Apache-2.0
"""What is known of a run: the metrics of a model, gathered once, and their values as logs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn.metrics import Metric


class Logs:
    """The metrics of a model: those of `compile`, and those it or its layers hold as attributes.

    Attributes:
        metrics: mean loss, compiled metrics, the outputs' mean losses, the others.
        by_name: name in the logs -> metric, in the same order.
    """

    metrics: list[Any]
    by_name: dict[str, Any]

    def __init__(self, model: Any) -> None:
        self._model = model
        self._gather()

    def _gather(self) -> None:
        compiled = self._model._compiled
        self._complete = compiled is None or compiled.bound
        self.metrics, self.by_name = [], {}
        if compiled is not None:
            losses = compiled.loss.metrics if compiled.loss is not None else []
            chosen = compiled.metrics.metrics if compiled.metrics is not None else []
            self.metrics = [compiled.loss_tracker, *chosen, *losses]
            self.by_name["loss"] = compiled.loss_tracker
            if compiled.metrics is not None:
                self.by_name.update(compiled.metrics.by_name)
            self.by_name.update({metric.name: metric for metric in losses})
        attributes = [v for layer in self._model._flatten_layers() for v in vars(layer).values()]
        for metric in (value for value in attributes if isinstance(value, Metric)):
            if metric not in self.metrics:
                self.metrics.append(metric)
            self.by_name.setdefault(metric.name, metric)

    def reset(self) -> None:
        """Forget all batches seen so far."""
        for metric in self.metrics:
            metric.reset_state()

    def values(self) -> dict[str, Any]:
        """The current values: Python floats by name, alphabetically.

        Averages per class and the like stay arrays; a metric with several results gives each its
        own name.
        """
        if not self._complete:  # some metrics exist only since the first batch
            self._gather()
        values = {}
        for name, metric in self.by_name.items():
            result = metric.result()
            results = result if isinstance(result, dict) else {name: result}
            values.update({key: _plain(value) for key, value in results.items()})
        return dict(sorted(values.items()))

    def in_order(self, values: dict[str, Any]) -> dict[str, Any]:
        """Values in the order of Keras's lists: metrics logged under their own name, then the rest.

        For one output that is loss and metrics as compiled; for several: loss, each output's loss,
        and `<output>_<metric>` alphabetically.
        """
        first = [name for name in dict.fromkeys(m.name for m in self.metrics) if name in values]
        return {name: values[name] for name in [*first, *sorted(set(values) - set(first))]}

    def as_list(self, values: dict[str, Any]) -> Any:
        """The values of `in_order`; a single one bare."""
        found = list(self.in_order(values).values())
        return found[0] if len(found) == 1 else found


def _plain(value: Any) -> Any:
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
