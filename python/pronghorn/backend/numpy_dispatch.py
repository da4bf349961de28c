# SPDX-License-Identifier: Apache-2.0
"""NumPy's functions on tensors: `np.exp(t)` is `ops.exp(t)`.

A function without an op, or called with an option that its op does not have, takes the values of
tensors as arrays and returns arrays; tensors without values are an error that names the function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pronghorn._structure import map_leaves
from pronghorn.backend.tensor import Operators, Tensor
from pronghorn.backend.variable import Variable

# NumPy's name of a function or argument -> ours, where they differ.
_FUNCTIONS = {
    "remainder": "mod",
    "invert": "bitwise_not",
    "degrees": "rad2deg",
    "radians": "deg2rad",
}
_ARGUMENTS = {"shape": "newshape", "a_min": "x_min", "a_max": "x_max", "p": "k"}


def call_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: Mapping[str, Any]) -> Any:
    """What `np.<ufunc>` does when one of its inputs is a tensor."""
    op = _op_named(ufunc.__name__)
    if op is None or method != "__call__" or kwargs:
        return _by_values(getattr(ufunc, method), inputs, kwargs)
    return op(*inputs)


def call_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What `np.<function>` does when one of its arguments is a tensor."""
    op = _op_named(function.__name__)
    if op is None:
        return _by_values(function, args, kwargs)
    translated = _translate(function, op, args, kwargs)
    if translated is None:
        return _by_values(function, args, kwargs)
    given_args, given_kwargs = translated
    return op(*given_args, **given_kwargs)


def _op_named(name: str) -> Callable[..., Any] | None:
    from pronghorn import ops

    op = getattr(ops, _FUNCTIONS.get(name, name), None)
    return op if getattr(op, "__module__", "").startswith(ops.__name__) else None


@functools.cache
def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:  # np.concatenate and others that are written in C
        return None


def _translate(
    function: Callable[..., Any], op: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments as the op takes them; None if it does not have one of them.

    Options that have their default in NumPy are left out.
    """
    ours, theirs = _parameters(op), _parameters(function)
    assert ours is not None
    if theirs is None or any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
        return (list(args), dict(kwargs)) if set(kwargs) <= set(ours) else None
    names = list(theirs)
    given = dict(zip(names, args, strict=False)) | dict(kwargs)
    positions = list(ours)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for place, (name, value) in enumerate(given.items()):
        their = theirs.get(name, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY))
        known = _ARGUMENTS.get(name, name)
        by_place = their.kind is their.POSITIONAL_ONLY or their.default is their.empty
        if name == names[0]:
            positional.append(value)
        elif known in ours:
            named[known] = value
        elif their.default is not their.empty and value is their.default:
            continue
        elif by_place and place < len(positions):
            named[positions[place]] = value  # the second operand, whatever it is called
        else:
            return None
    return positional, named


def _by_values(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    def value_of(leaf: Any) -> Any:
        if isinstance(leaf, Tensor | Variable):
            return leaf.numpy()
        if isinstance(leaf, Operators):
            raise TypeError(
                f"np.{function.__name__} with these arguments is not among pronghorn.ops, and a "
                f"tensor of a functional model has no value for NumPy. Received: {leaf!r}"
            )
        return leaf

    plain_args, plain_kwargs = map_leaves(value_of, [list(args), dict(kwargs)])
    return function(*plain_args, **plain_kwargs)
