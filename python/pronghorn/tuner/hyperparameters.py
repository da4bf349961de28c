# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from pronghorn.tuner.kinds import Boolean, Choice, Fixed, Float, HyperParameter, Int, Parent


class HyperParameters:
    """The hyperparameters that a function asks for, and the values that it gets.

    Attributes:
        space: all that were asked for, in order.
        values: name -> value of those that are active.

    Example:
    >>> from pronghorn.tuner import HyperParameters
    >>> hp = HyperParameters()
    >>> hp.Int("units", 32, 512, step=32), hp.Float("rate", 1e-4, 1e-2, sampling="log")
    (32, 0.0001)
    >>> kind = hp.Choice("optimizer", ["sgd", "adam"])
    >>> with hp.conditional_scope("optimizer", ["adam"]):
    ...     hp.Float("beta", 0.5, 0.9)  # None: there is none with "sgd"
    >>> hp.values
    {'units': 32, 'rate': 0.0001, 'optimizer': 'sgd'}
    """

    def __init__(self) -> None:
        self._space: list[HyperParameter] = []
        self._scopes: list[str] = []
        self._conditions: list[Parent] = []
        self.values: dict[str, Any] = {}
        # The stacks of conditions of all scopes entered, for exploring the space.
        self.active_scopes: list[list[Parent]] = []
        self.inactive_scopes: list[list[Parent]] = []

    @property
    def space(self) -> list[HyperParameter]:
        """All hyperparameters, in the order in which they were asked for."""
        return self._space

    def Int(
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """An integer in [min_value, max_value].

        Args:
            name: unique.
            min_value, max_value: both can come.
            step: distance of neighbours (their ratio with "log" and "reverse_log").
            sampling: "linear", "log" or "reverse_log", see `kinds.Numerical`.
            default: `min_value` if not given.
            parent_name, parent_values: as in `conditional_scope`.

        Returns:
            The value; None if it is not active.
        """
        with self._under(parent_name, parent_values):
            made = Int(
                self._full(name), min_value, max_value, step, sampling, default, [*self._conditions]
            )
            return self._value_of(made)

    def Float(
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A float in [min_value, max_value]; arguments as for `Int`."""
        with self._under(parent_name, parent_values):
            made = Float(
                self._full(name), min_value, max_value, step, sampling, default, [*self._conditions]
            )
            return self._value_of(made)

    def Choice(
        self,
        name: str,
        values: Any,
        ordered: bool | None = None,
        default: Any = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """One of some values.

        Args:
            name: unique.
            values: ints, floats, strings or bools, all of one type.
            ordered: whether their order means something; numbers have one by default.
            default: the first if not given.
            parent_name, parent_values: as in `conditional_scope`.

        Returns:
            The value; None if it is not active.
        """
        with self._under(parent_name, parent_values):
            made = Choice(self._full(name), values, ordered, default, [*self._conditions])
            return self._value_of(made)

    def Boolean(
        self,
        name: str,
        default: bool = False,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """True or False; None if it is not active."""
        with self._under(parent_name, parent_values):
            return self._value_of(
                Boolean(self._full(name), default, conditions=[*self._conditions])
            )

    def Fixed(
        self, name: str, value: Any, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """A value that is not searched; None if it is not active."""
        with self._under(parent_name, parent_values):
            return self._value_of(Fixed(self._full(name), value, conditions=[*self._conditions]))

    @contextlib.contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """A scope in which names begin with "name/"."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    @contextlib.contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """A scope whose hyperparameters are active only with some values of another.

        The code in it runs in any case; what is not active is None.

        Args:
            parent_name: of the other, which was asked for before.
            parent_values: the values.

        Raises:
            ValueError: there is no such parent.
        """
        parent_name = self._full(parent_name)
        if not any(hp.name == parent_name for hp in self._space):
            raise ValueError(f"Hyperparameter {parent_name!r} is not defined.")
        single = not isinstance(parent_values, (list, tuple))
        self._conditions.append(
            Parent(parent_name, [parent_values] if single else [*parent_values])
        )
        active = self._conditions[-1].is_active(self.values)
        (self.active_scopes if active else self.inactive_scopes).append([*self._conditions])
        try:
            yield
        finally:
            self._conditions.pop()

    def get(self, name: str) -> Any:
        """The value of an active hyperparameter.

        Raises:
            KeyError: there is none of this name.
            ValueError: it is not active.
        """
        name = self._full(name)
        if name in self.values:
            return self.values[name]
        if any(hp.name == name for hp in self._space):
            raise ValueError(f"Hyperparameter {name!r} is currently inactive.")
        raise KeyError(f"Hyperparameter {name!r} does not exist.")

    __getitem__ = get

    def __contains__(self, name: str) -> bool:
        return self._full(name) in self.values

    def is_active(self, hyperparameter: Any) -> bool:
        """Whether all conditions of a hyperparameter (or of one of a name) hold."""
        if isinstance(hyperparameter, HyperParameter):
            return all(c.is_active(self.values) for c in hyperparameter.conditions)
        return any(self.is_active(hp) for hp in self._space if hp.name == str(hyperparameter))

    def copy(self) -> HyperParameters:
        """The same space and values."""
        other = HyperParameters()
        other._space, other.values = [*self._space], dict(self.values)
        return other

    def merge(self, hps: Any, overwrite: bool = True) -> None:
        """Add the hyperparameters of another space that are not here.

        Args:
            hps: `HyperParameters`, or a list of single ones.
            overwrite: whether active ones take the default of the other.
        """
        for hp in hps.space if isinstance(hps, HyperParameters) else hps:
            known = self._position(hp)
            if known is not None and overwrite:
                self._space[known] = hp
            elif known is None:
                self._space.append(hp)
            if self.is_active(hp) and (overwrite or hp.name not in self.values):
                self.values[hp.name] = hp.default

    def ensure_active_values(self) -> None:
        """Give active ones without a value their default, and drop the values of others."""
        for hp in self._space:
            if self.is_active(hp):
                self.values.setdefault(hp.name, hp.default)
            elif not self.is_active(hp.name):
                self.values.pop(hp.name, None)

    def _value_of(self, hp: HyperParameter) -> Any:
        if any(condition.name == hp.name for condition in hp.conditions):
            raise ValueError(f"A hyperparameter cannot have the name of its parent, {hp.name!r}.")
        if self._position(hp) is None:
            self._space.append(hp)
        if not self.is_active(hp):
            return None
        return self.values.setdefault(hp.name, hp.default)

    def _position(self, hp: HyperParameter) -> int | None:
        """Where the space has one of the same name and conditions."""
        for i, known in enumerate(self._space):
            if known.name == hp.name and known.conditions == hp.conditions:
                return i
        return None

    def _under(self, parent_name: str | None, parent_values: Any) -> Any:
        if not parent_name:
            return contextlib.nullcontext()
        return self.conditional_scope(parent_name, parent_values)

    def _full(self, name: Any) -> str:
        return "/".join([*self._scopes, str(name)])
