# SPDX-License-Identifier: Apache-2.0
"""The kinds of hyperparameters: what values they take, and how Optuna is asked for one."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Parent:
    """A condition: the hyperparameter `name` has one of these values."""

    name: str
    values: list[Any]

    def is_active(self, values: dict[str, Any]) -> bool:
        """Whether it holds for some values of hyperparameters."""
        return self.name in values and values[self.name] in self.values


@dataclass
class HyperParameter:
    """Base: a name, and the conditions under which there is such a hyperparameter."""

    name: str
    conditions: list[Parent] = field(default_factory=list, kw_only=True)

    @property
    def default(self) -> Any:
        """The value when nothing is searched."""
        raise NotImplementedError

    @property
    def values(self) -> list[Any]:
        """The values of a grid."""
        raise NotImplementedError

    def suggest(self, trial: Any, key: str) -> Any:
        """The value that an Optuna trial suggests.

        Args:
            trial: an Optuna trial.
            key: the name it knows the hyperparameter by.
        """
        raise NotImplementedError

    def encode(self, value: Any) -> Any:
        """The value as Optuna keeps it."""
        return value

    def config(self) -> dict[str, Any]:
        """What a summary of the search space shows."""
        shown = {"default": self.default} if not isinstance(self, Fixed) else {}
        shown["conditions"] = [
            {"class_name": "Parent", "config": {"name": c.name, "values": c.values}}
            for c in self.conditions
        ]
        own = {k: v for k, v in vars(self).items() if k not in ("name", "conditions", "given")}
        return {**shown, **own}


@dataclass
class Fixed(HyperParameter):
    """A value that is not searched."""

    value: Any

    @property
    def default(self) -> Any:
        return self.value

    @property
    def values(self) -> list[Any]:
        return [self.value]

    def suggest(self, trial: Any, key: str) -> Any:
        return self.value


@dataclass
class Boolean(HyperParameter):
    """True or False."""

    given: bool = False

    @property
    def default(self) -> bool:
        return self.given

    @property
    def values(self) -> list[Any]:
        return [True, False]

    def suggest(self, trial: Any, key: str) -> Any:
        return trial.suggest_categorical(key, [True, False])


class Choice(HyperParameter):
    """One of a list of numbers, strings or booleans, all of one type.

    Raises:
        ValueError: there are none, or the default is none of them.
        TypeError: they are of several types, or of another one.
    """

    def __init__(
        self, name: str, values: Any, ordered: bool | None, given: Any, conditions: list[Parent]
    ) -> None:
        super().__init__(name, conditions=conditions)
        choices = list(values)
        if not choices:
            raise ValueError(f"`values` of {name!r} must not be empty.")
        types = {type(value) for value in choices}
        if len(types) > 1 or not issubclass(next(iter(types)), (str, bool, int, float)):
            raise TypeError(
                f"`values` of {name!r} must be int, float, str or bool, and all of one type. "
                f"Received: values={choices!r}"
            )
        if given is not None and given not in choices:
            raise ValueError(
                f"`default` of {name!r} must be one of values={choices!r}. Received: {given!r}"
            )
        numeric = isinstance(choices[0], (int, float))
        if ordered and not numeric:
            raise ValueError(f"`ordered` of {name!r} must be False for values that are no numbers.")
        self.choices, self.given = choices, given
        self.ordered = numeric if ordered is None else ordered

    @property
    def default(self) -> Any:
        return self.choices[0] if self.given is None else self.given

    @property
    def values(self) -> list[Any]:
        return self.choices

    def suggest(self, trial: Any, key: str) -> Any:
        return trial.suggest_categorical(key, self.choices)

    def config(self) -> dict[str, Any]:
        shown = super().config()
        del shown["choices"]
        ordered = shown.pop("ordered")
        return {**shown, "values": self.choices, "ordered": ordered}


class Numerical(HyperParameter):
    """A number between two bounds, both included.

    Args:
        name: unique.
        min_value, max_value: the bounds.
        step: distance ("linear") or ratio ("log", "reverse_log") of neighbours; None: any number.
        sampling: with u uniform in [0, 1]: "linear": min + u (max - min); "log":
            min (max / min)^u; "reverse_log": max + min - min (max / min)^(1 - u).
        given: the default; None: min_value.
        conditions: when there is such a hyperparameter.

    Raises:
        ValueError: for bounds, steps and samplings that do not go together.
    """

    type: type[Any] = float

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any,
        sampling: str | None,
        given: Any,
        conditions: list[Parent],
    ) -> None:
        sampling = (sampling or "linear").lower()
        if sampling not in ("linear", "log", "reverse_log"):
            raise ValueError(
                f"`sampling` of {name!r} must be 'linear', 'log' or 'reverse_log'. "
                f"Received: sampling={sampling!r}"
            )
        super().__init__(name, conditions=conditions)
        self.given = given
        self.min_value = self._number(name, "min_value", min_value)
        self.max_value = self._number(name, "max_value", max_value)
        self.step: Any = None if step is None else self._number(name, "step", step)
        self.sampling = sampling
        if self.min_value > self.max_value:
            raise ValueError(
                f"`min_value` of {name!r} must not be greater than `max_value`. "
                f"Received: min_value={min_value}, max_value={max_value}"
            )
        least = 0 if sampling == "linear" else 1
        if sampling != "linear" and self.min_value <= 0:
            raise ValueError(
                f"`min_value` of {name!r} must be positive with sampling={sampling!r}. "
                f"Received: min_value={min_value}"
            )
        if self.step is not None and self.step <= least:
            raise ValueError(
                f"`step` of {name!r} must be greater than {least} with sampling={sampling!r}. "
                f"Received: step={step}"
            )

    def _number(self, name: str, argument: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError(f"`{argument}` of {name!r} must be a number. Received: {value!r}")
        if self.type(value) != value:
            raise ValueError(f"`{argument}` of {name!r} must be an integer. Received: {value!r}")
        return self.type(value)

    @property
    def default(self) -> Any:
        return self.min_value if self.given is None else self.given

    @property
    def values(self) -> list[Any]:
        if self.step is None:  # ten, as KerasTuner takes
            return sorted({self._at(0.05 + 0.1 * i) for i in range(10)})
        return [self._at_index(i) for i in range(self._count())]

    def encode(self, value: Any) -> Any:
        if self.step is not None and not self._is_plain():
            distances = [abs(v - value) for v in self.values]
            return distances.index(min(distances))
        if self.sampling == "reverse_log":
            ratio = (self.max_value + self.min_value - value) / self.min_value
            top = math.log(self.max_value / self.min_value) or 1.0
            return min(max(1 - math.log(ratio) / top, 0.0), 1.0)
        return value

    def suggest(self, trial: Any, key: str) -> Any:
        if self._is_plain():
            suggest = trial.suggest_int if self.type is int else trial.suggest_float
            return suggest(key, self.min_value, self.max_value, log=self.sampling == "log")
        if self.step is not None:
            return self._at_index(trial.suggest_int(key, 0, self._count() - 1))
        return self._at(trial.suggest_float(key, 0.0, 1.0))

    def _is_plain(self) -> bool:
        """Whether Optuna knows such a distribution itself."""
        unit_step = self.type is int and self.sampling == "linear" and self.step == 1
        return (self.step is None or unit_step) and self.sampling != "reverse_log"

    def _at(self, u: float) -> Any:
        low, high = self.min_value, self.max_value
        if self.type is int:
            high += 1  # what is cut off below
        if self.sampling == "linear":
            value = low + u * (high - low)
        elif self.sampling == "log":
            value = low * (high / low) ** u
        else:
            value = high + low - low * (high / low) ** (1 - u)
        return self.type(min(value, self.max_value))

    def _at_index(self, i: int) -> Any:
        if self.sampling == "linear":
            return self.type(self.min_value + i * self.step)
        value = self.min_value * self.step**i
        if self.sampling == "reverse_log":
            value = self.max_value + self.min_value - value
        return self.type(value)

    def _count(self) -> int:
        if self.sampling == "linear":
            # KerasTuner loses the last of 0, 0.2, ..., 1 to rounding, against its documentation.
            return int((self.max_value - self.min_value) / self.step + 1e-8) + 1
        return int(math.log(self.max_value / self.min_value, self.step) + 1e-8) + 1


class Float(Numerical):
    """A float."""


class Int(Numerical):
    """An int; without a step every one, if the sampling is linear."""

    type = int

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any,
        sampling: str | None,
        given: Any,
        conditions: list[Parent],
    ) -> None:
        if step is None and (sampling or "linear").lower() == "linear":
            step = 1
        super().__init__(name, min_value, max_value, step, sampling, given, conditions)

    def config(self) -> dict[str, Any]:
        return {**super().config(), "default": self.given}
