# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import Any

from pronghorn._configurable import Configurable
from pronghorn._object_form import serialize
from pronghorn.backend import Variable
from pronghorn.optimizers.optimizer import OPTIMIZERS, Optimizer


class OptimizerMap(MutableMapping[str, Optimizer], Configurable):
    """Which optimizer belongs to a variable, by its path.

    Args:
        default_optimizer: for variables that no key names.
        optimizer_map: path, or regular expression of whole paths -> optimizer.

    Raises:
        TypeError: the default is no optimizer, or the map no dict.
        ValueError: when a path is looked up that several expressions match.

    Example:

    >>> import pronghorn as keras
    >>> optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD())
    >>> optimizers["encoder/.*"] = keras.optimizers.Adam()
    >>> [type(optimizers[path]).__name__ for path in ("encoder/kernel", "head/kernel")]
    ['Adam', 'SGD']
    """

    family = OPTIMIZERS

    def __init__(
        self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"default_optimizer must be an Optimizer. Received: {default_optimizer!r}"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"optimizer_map must be a dict. Received: {optimizer_map}")
        self.default_optimizer = default_optimizer
        self.optimizer_map = dict(optimizer_map or {})

    def __getitem__(self, path: str) -> Optimizer:
        if path in self.optimizer_map:
            return self.optimizer_map[path]
        found = [key for key in self.optimizer_map if re.fullmatch(key, path)]
        if len(found) > 1:
            raise ValueError(f"Several optimizers are meant for the variable {path}: {found}")
        return self.optimizer_map[found[0]] if found else self.default_optimizer

    def __setitem__(self, path: str, optimizer: Optimizer) -> None:
        if path in self.optimizer_map:
            raise ValueError(f"{path!r} has an optimizer already: {self.optimizer_map[path]}")
        if not isinstance(path, str) or not isinstance(optimizer, Optimizer):
            raise ValueError(f"Expected a path and an Optimizer. Received: {path!r}, {optimizer!r}")
        self.optimizer_map[path] = optimizer

    def __delitem__(self, path: str) -> None:
        del self.optimizer_map[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer of a variable."""
        return self[variable.path]


class MultiOptimizer(Optimizer):
    """Different optimizers for different variables.

    Each has its own learning rate, schedule and clipping; this one has none.

    Args:
        optimizer_map: an `OptimizerMap`, or a function that returns the optimizer of a variable.
        loss_scale_factor: that of all of them.
        name: for people.

    Example:

    >>> import pronghorn as keras
    >>> optimizer = keras.optimizers.MultiOptimizer(
    ...     keras.optimizers.OptimizerMap(
    ...         keras.optimizers.SGD(0.1), {"head/.*": keras.optimizers.Adam()}
    ...     )
    ... )
    >>> [type(one).__name__ for one in optimizer.optimizers]
    ['Adam', 'SGD']
    """

    def __init__(
        self,
        optimizer_map: Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.forget_variable(self._learning_rate)
        self.optimizer_map = optimizer_map
        self.optimizers: list[Optimizer] = []
        self._shares: list[list[Variable]] = []  # of each optimizer
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (
                *optimizer_map.optimizer_map.values(),
                optimizer_map.default_optimizer,
            ):
                self._number_of(optimizer)

    @property
    def learning_rate(self) -> Any:
        """Each optimizer of `optimizers` has its own."""
        raise AttributeError("A MultiOptimizer has no learning rate: those in `optimizers` have.")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError("A MultiOptimizer has no learning rate: those in `optimizers` have.")

    @property
    def variables(self) -> list[Variable]:
        """The number of steps, and the state of each optimizer."""
        return [*self._variables, *(v for one in self.optimizers for v in one.variables)]

    def create_slots(self) -> None:
        for variable in self._trainable_variables:
            self._shares[self._number_of(self.optimizer_map(variable))].append(variable)
        for optimizer, share in zip(self.optimizers, self._shares, strict=True):
            if share:
                optimizer.build(share)

    def _number_of(self, optimizer: Any) -> int:
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, MultiOptimizer):
            raise ValueError(f"Expected an optimizer for each variable. Received: {optimizer!r}")
        for number, known in enumerate(self.optimizers):
            if known is optimizer:
                return number
        optimizer.loss_scale_factor = None  # gradients are divided by ours
        self.optimizers.append(optimizer)
        self._shares.append([])
        return len(self.optimizers) - 1

    def _update(self, gradients: list[Any], variables: Sequence[Variable]) -> None:
        given = {id(v): g for g, v in zip(gradients, variables, strict=True)}
        for optimizer, share in zip(self.optimizers, self._shares, strict=True):
            trained = [v for v in share if id(v) in given]
            if trained:
                optimizer.apply([given[id(v)] for v in trained], trained)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set variables to their moving averages, where an optimizer keeps them."""
        variables = list(var_list)
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(variables)

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": serialize(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }
