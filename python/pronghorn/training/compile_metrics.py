# SPDX-License-Identifier: Apache-2.0
"""`compile(metrics=, weighted_metrics=)`: metrics per output, and their names in the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import losses, metrics
from pronghorn._structure import flatten
from pronghorn.training.targets import (
    align,
    kind_of_target,
    output_names,
    per_output,
    unique,
    weights_per_output,
)

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


class CompileMetrics:
    """All metrics of a model, as one.

    Args:
        plain: what `compile(metrics=)` got: a list for a model with one output; for several outputs
            a list or tuple with one entry (a metric or a list of metrics) per output, or a dict by
            output name.
        weighted: the same for `weighted_metrics`, which see the sample weights.

    Attributes:
        model_names: what the model calls its outputs; None if it does not.

    Raises:
        ValueError: unknown name, or a structure that is no list, tuple or dict.
    """

    name = "compile_metrics"

    def __init__(self, plain: Any, weighted: Any) -> None:
        for argument, value in (("metrics", plain), ("weighted_metrics", weighted)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"`{argument}` must be a list, tuple or dict of metrics. "
                    f"Received: {argument}={value!r} "
                    f"(for one metric write {argument}=[{value!r}])."
                )
            for leaf in flatten(value):
                _check(leaf)
        self._plain, self._weighted = plain, weighted
        self.model_names: Sequence[str] | None = None
        self.unbind()

    def unbind(self) -> None:
        """Forget which outputs there are: the next call finds out again."""
        self._names: list[str | None] = []
        self._lists: tuple[list[list[Any]], list[list[Any]]] | None = None
        self.by_name: dict[str, Any] = {}

    @property
    def metrics(self) -> list[Any]:
        """Every metric, plain before weighted, in order of the outputs."""
        return list(self.by_name.values())

    @property
    def variables(self) -> list[Any]:
        """What the metrics have collected."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @property
    def bound(self) -> bool:
        """Whether the outputs are known."""
        return self._lists is not None

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch to every metric."""
        y = align(y, y_pred, output_names(y_pred, self.model_names))
        self._bind(y, y_pred)
        assert self._lists is not None
        outputs = flatten(y_pred)
        used = [bool(a or b) for a, b in zip(*self._lists, strict=True)]
        targets = per_output(y, self._names, used, "y")
        weights = weights_per_output(sample_weight, self._names, used)
        for plain, weighted, target, output, weight in zip(
            *self._lists, targets, outputs, weights, strict=True
        ):
            if target is None:
                continue
            for metric in plain:
                metric.update_state(target, output)
            for metric in weighted:
                metric.update_state(target, output, sample_weight=weight)

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """Log name -> value."""
        return {name: metric.result() for name, metric in self.by_name.items()}

    def _bind(self, y: Any, y_pred: Any) -> None:
        if self._lists is not None:
            return
        names = output_names(y_pred, self.model_names)
        outputs = flatten(y_pred)
        plain = _lists_per_output(self._plain, names, "metrics")
        weighted = _lists_per_output(self._weighted, names, "weighted_metrics")
        targets = per_output(
            y, names, [bool(a or b) for a, b in zip(plain, weighted, strict=True)], "y"
        )

        def resolve(entries: list[list[Any]]) -> list[list[Any]]:
            return [
                [_resolve(entry, target, output) for entry in row] if target is not None else []
                for row, target, output in zip(entries, targets, outputs, strict=True)
            ]

        lists = resolve(plain), resolve(weighted)
        self.by_name = _log_names(*lists, names if len(names) > 1 else [None])
        self._names = names
        self._lists = lists


def _log_names(
    plain: list[list[Any]], weighted: list[list[Any]], names: Sequence[str | None]
) -> dict[str, Any]:
    """Log name -> metric: `<output>_<metric>`, a second one `_1`, a weighted one `weighted_`."""
    taken: dict[str, int] = {}
    by_name: dict[str, Any] = {}
    for name, row in zip(names, plain, strict=True):
        for metric in row:
            by_name[unique(_prefixed(name, metric.name), taken)] = metric
    for name, row in zip(names, weighted, strict=True):
        for metric in row:
            log_name = _prefixed(name, metric.name)
            if log_name in taken:
                log_name = _prefixed(name, f"weighted_{metric.name}")
            by_name[unique(log_name, taken)] = metric
    return by_name


def _prefixed(output: str | None, name: str) -> str:
    return f"{output}_{name}" if output else name


def _lists_per_output(value: Any, names: Sequence[str | None], argument: str) -> list[list[Any]]:
    """One list of entries per output."""
    count = len(names)
    if not value:
        return [[] for _ in names]
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if unknown and not (count == 1 and len(value) == 1 and names[0] is None):
            raise ValueError(
                f"`{argument}` names the outputs {unknown}, which the model does not have. "
                f"Its outputs are: {list(names)}. Received: {argument}={value!r}"
            )
        return [flatten(value)] if unknown else [flatten(value.get(name)) for name in names]
    if count == 1:
        return [flatten(value)]
    if len(value) != count:
        raise ValueError(
            f"The model has {count} outputs {list(names)}, so `{argument}` must be a list with "
            f"{count} entries (each a metric or a list of metrics) or a dict by output name. "
            f"Received: {argument}={value!r}"
        )
    return [flatten(entry) for entry in value]


def _resolve(identifier: Any, y_true: Any, y_pred: Any) -> metrics.Metric:
    if not isinstance(identifier, str):
        return _as_metric(identifier)
    lower = identifier.lower()
    if lower in _ACCURACY + _CROSSENTROPY:
        family = "Accuracy" if lower in _ACCURACY else "Crossentropy"
        prefix = {"binary": "Binary", "sparse": "SparseCategorical", "categorical": "Categorical"}
        name = prefix[kind_of_target(y_true, y_pred)] + family
        return getattr(metrics, name)(name=identifier)
    return _as_metric(identifier)


def _check(identifier: Any) -> None:
    """Raise a ValueError, now and not at the first batch, for what is no metric.

    Makes none: each new one would take the next number for its name.
    """
    if isinstance(identifier, str):
        if identifier.lower() not in _ACCURACY + _CROSSENTROPY:
            metrics.Metric.family.find(identifier)
    elif not isinstance(identifier, type):
        metrics.get(identifier)


def _as_metric(identifier: Any) -> metrics.Metric:
    """A name, function or `Metric` as a `Metric`; one made from a name logs under that name."""
    found = metrics.get(identifier)
    if isinstance(found, metrics.Metric):
        if isinstance(identifier, str):
            found.name = identifier
        return found
    if isinstance(found, losses.Loss):
        return metrics.MeanMetricWrapper(found.call, name=found.name)
    return metrics.MeanMetricWrapper(
        found, name=identifier if isinstance(identifier, str) else None
    )
