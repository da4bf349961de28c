# SPDX-License-Identifier: Apache-2.0
"""Checks of the parameters of MLPClassifier and MLPRegressor, in the caller's words."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

Rule = tuple[Callable[[Any], bool], str]


def _integer(value: Any, least: int) -> bool:
    return (
        isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least
    )


def _real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def one_of(*names: str) -> Rule:
    """One of some strings."""
    return lambda v: isinstance(v, str) and v in names, "one of " + ", ".join(map(repr, names))


POSITIVE_INTEGER: Rule = (lambda v: _integer(v, 1), "a positive integer")
POSITIVE: Rule = (lambda v: _real(v) and v > 0, "a positive number")
NOT_NEGATIVE: Rule = (lambda v: _real(v) and v >= 0, "a number >= 0")
SHARE: Rule = (lambda v: _real(v) and 0 <= v < 1, "a number in [0, 1)")

RULES: dict[str, Rule] = {
    "solver": one_of("lbfgs", "sgd", "adam"),
    "learning_rate": one_of("constant", "invscaling", "adaptive"),
    "alpha": NOT_NEGATIVE,
    "batch_size": (
        lambda v: (isinstance(v, str) and v == "auto") or _integer(v, 1),
        "'auto' or a positive integer",
    ),
    "learning_rate_init": POSITIVE,
    "power_t": NOT_NEGATIVE,
    "max_iter": POSITIVE_INTEGER,
    "tol": NOT_NEGATIVE,
    "momentum": (lambda v: _real(v) and 0 <= v <= 1, "a number in [0, 1]"),
    "validation_fraction": SHARE,
    "beta_1": SHARE,
    "beta_2": SHARE,
    "epsilon": POSITIVE,
    "n_iter_no_change": (lambda v: _integer(v, 1) or v == math.inf, "a positive integer or inf"),
    "max_fun": POSITIVE_INTEGER,
}


def check_parameters(estimator: Any) -> None:
    """Raise a ValueError that names the first parameter that is not what it must be."""
    for name, (holds, expected) in RULES.items():
        value = getattr(estimator, name)
        if not holds(value):
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def hidden_layers(estimator: Any) -> list[tuple[int, Any, float]]:
    """Units, activation and dropout rate of each hidden layer.

    `activation` and `dropout` are one for all layers or a list with one for each.
    """
    sizes = estimator.hidden_layer_sizes
    sizes = [sizes] if isinstance(sizes, numbers.Integral) else list(sizes)
    if not all(_integer(size, 1) for size in sizes):
        raise ValueError(
            "`hidden_layer_sizes` must be a positive integer or a list of them. "
            f"Received: hidden_layer_sizes={estimator.hidden_layer_sizes!r}"
        )
    activation = for_each_layer("activation", estimator.activation, len(sizes))
    rates = for_each_layer("dropout", estimator.dropout, len(sizes))
    if not all(SHARE[0](rate) for rate in rates):
        raise ValueError(
            f"`dropout` must be {SHARE[1]} or a list of them. Received: "
            f"dropout={estimator.dropout!r}"
        )
    return [(int(s), a, float(r)) for s, a, r in zip(sizes, activation, rates, strict=True)]


def for_each_layer(name: str, value: Any, count: int) -> list[Any]:
    """One entry for each of `count` layers."""
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"`{name}` must have one entry for each of the {count} hidden layers. "
            f"Received: {name}={value!r}"
        )
    return list(value)
