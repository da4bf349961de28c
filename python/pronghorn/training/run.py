# SPDX-License-Identifier: Apache-2.0
"""A call of `fit` while it lasts: where it is, all that its next bits depend on, and going on.

The state of a run is what a program that is started again needs to end with the same bits: the
variables (weights, the optimizer's, seeds, running means), the global random numbers, the place in
the data, and what callbacks keep. It is taken after all callbacks have seen a batch or an epoch.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pronghorn.backend import Variable
from pronghorn.layers.tracking import attributes, held
from pronghorn.random.seed_generator import SeedGenerator, global_generator


class Run:
    """What a callback finds as `model._run` during `fit`.

    Args:
        model: compiled.
        training, validation: sources of batches; the second may be None.
        callbacks: list of all callbacks, the history included.

    Attributes:
        epoch, step: the next step to be done is this one of this epoch, both from 0.
        logs: of the last epoch that is over.
        is_over: the run that goes on here had been stopped.
        ruined: what has become of which variable in which step, the first that a step with a finite
            loss has made NaN or infinite; "" if there is none.
    """

    def __init__(
        self, model: Any, training: Any, validation: Any, callbacks: Sequence[Any]
    ) -> None:
        self._model, self._callbacks = model, callbacks
        self._sources = {"training": training, "validation": validation}
        self.epoch = self.step = 0
        self.logs: dict[str, Any] = {}
        self.is_over = False
        self.ruined = ""
        self._pending: Mapping[str, Any] | None = None

    def at(self, epoch: int, step: int) -> None:
        """Note where the run is."""
        self.epoch, self.step = epoch, step

    def state(self) -> dict[str, Any]:
        """All that the rest of the run depends on, as plain data and arrays."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "stop_training": bool(self._model.stop_training),
            "logs": self.logs,
            "variables": {
                kind: [variable.numpy() for variable in variables]
                for kind, variables in self._variables().items()
            },
            "metrics": [
                [_name(metric), [variable.numpy() for variable in metric.variables]]
                for metric in self._metrics()
            ],
            "random": _random_state(),
            "sources": {
                name: source.position()
                for name, source in self._sources.items()
                if source is not None
            },
            "callbacks": [
                [_name(callback), callback.get_state()] for callback in self._remembering()
            ],
        }

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        """Let the run go on from a state; that is put in place when all callbacks have begun.

        Raises:
            ValueError: the state does not fit the model or the data; no weight is changed.
        """
        for name, position in state["sources"].items():
            if self._sources[name] is not None:
                within = state["step"] > 0 and name == "training"
                self._sources[name].go_on_from(position, within)
        model = self._model
        if not model.built:
            raise ValueError(
                f"Model {model.name!r} has no weights to restore: its input shape is not known "
                "yet. Build it before `fit`."
            )
        if not model.optimizer.built:
            model.optimizer.build(model._trained_variables())
        for kind, variables in self._variables().items():
            self._check(kind, variables, state["variables"][kind])
        if state["step"] > 0:  # running means begin anew with an epoch
            if _paired(self._metrics(), state["metrics"])[1]:
                self._sources["training"].meet()  # some may exist only after a batch
            pairs, missing = _paired(self._metrics(), state["metrics"])
            if missing:
                raise ValueError(f"Model {model.name!r} has no metrics {missing}")
            for metric, arrays in pairs:
                self._check(f"a metric {metric.name!r}", metric.variables, arrays)
        self._pending = state
        self.epoch, self.step = state["epoch"], state["step"]

    def restore(self, within_epoch: bool) -> None:
        """Put a state in place that is waiting for this: before an epoch begins, or after."""
        state = self._pending
        if state is None or (state["step"] > 0) != within_epoch:
            return
        self._pending = None
        for kind, variables in self._variables().items():
            for variable, array in zip(variables, state["variables"][kind], strict=True):
                variable.assign(array)
        if within_epoch:
            for metric in self._model.metrics:
                metric.reset_state()
            for metric, arrays in _paired(self._metrics(), state["metrics"])[0]:
                for variable, array in zip(metric.variables, arrays, strict=True):
                    variable.assign(array)
        _set_random_state(state["random"])
        for callback, callback_state in _paired(self._remembering(), state["callbacks"])[0]:
            callback.set_state(callback_state)
        self.logs = dict(state["logs"])
        self._model.stop_training = state["stop_training"]
        self.is_over = state["stop_training"] and not within_epoch

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return type(None), ()  # a copy of a model is in no run

    def _check(self, kind: str, variables: Sequence[Variable], arrays: Sequence[Any]) -> None:
        shapes = [variable.shape for variable in variables]
        found = [array.shape for array in arrays]
        if shapes != found:
            raise ValueError(
                f"Model {self._model.name!r} has {kind} of the shapes {shapes}, but what is to go "
                f"on has {found}"
            )

    def _variables(self) -> dict[str, list[Variable]]:
        """All that steps change but for the metrics, by kind."""
        model = self._model
        holders = [*model._flatten_layers(), model.optimizer]
        seeds = [g.state for h in holders for g in held(SeedGenerator, attributes(h))]
        weights = list(dict.fromkeys(model.variables))
        known = set(map(id, weights))
        return {
            "weights": weights,
            "optimizer": model.optimizer.variables,
            "seeds": [v for v in dict.fromkeys(seeds) if id(v) not in known],
        }

    def _metrics(self) -> list[Any]:
        """The metrics that have collected something, or could have."""
        return [metric for metric in self._model.metrics if metric.variables]

    def _remembering(self) -> list[Any]:
        """The callbacks that have a state; any object with some of the hooks may be one."""
        return [c for c in self._callbacks if hasattr(c, "get_state") and hasattr(c, "set_state")]


def _name(thing: Any) -> str:
    """Of its class: the names of metrics depend on what was made before."""
    return type(thing).__name__


def _paired(
    things: Sequence[Any], states: Sequence[Any]
) -> tuple[list[tuple[Any, Any]], list[str]]:
    """Things with the states of their classes, in order; the classes of states that are left."""
    waiting = list(states)
    pairs = []
    for thing in things:
        names = [name for name, _ in waiting]
        if _name(thing) in names:
            pairs.append((thing, waiting.pop(names.index(_name(thing)))[1]))
    return pairs, [name for name, _ in waiting]


def _random_state() -> dict[str, Any]:
    """Of this library, of NumPy's old generator and of Python: what `set_random_seed` sets."""
    name, *legacy = np.random.get_state()  # noqa: NPY002
    version, numbers, gauss = random.getstate()
    return {
        "global": global_generator().state.numpy(),
        "numpy": [name, *legacy],
        "python": [version, np.array(numbers, "int64"), gauss],
    }


def _set_random_state(state: Mapping[str, Any]) -> None:
    global_generator().state.assign(state["global"])
    np.random.set_state(tuple(state["numpy"]))  # noqa: NPY002
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers.tolist()), gauss))
