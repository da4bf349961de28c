# SPDX-License-Identifier: Apache-2.0
"""Conditions and loops.

In a trace a loop is written out, so that it needs a known length, and all branches of a condition
run: their results are chosen among.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.backend.tensor import Operators, convert_to_tensor
from pronghorn.backend.trace import current_trace
from pronghorn.ops._elementwise import where
from pronghorn.ops._rearranging import flip, unstack
from pronghorn.ops.core import symbolic
from pronghorn.ops.shape import stack


def _has_value(x: Any) -> bool:
    return not isinstance(x, Operators) or current_trace() is None


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """true_fn() if pred, else false_fn().

    Args:
        pred: a bool, or a scalar tensor of bool.
        true_fn, false_fn: functions without arguments; of equal structure, shapes and dtypes if
            the condition is computed in a model.

    >>> import pronghorn as keras
    >>> keras.ops.cond(True, lambda: 1, lambda: 2)
    1
    """
    if _has_value(pred):
        return true_fn() if pred else false_fn()
    yes, no = true_fn(), false_fn()
    chosen = [where(pred, a, b) for a, b in zip(flatten(yes), flatten(no), strict=True)]
    return pack(yes, chosen)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """branches[index](*operands), the first or last one if the index is out of range.

    >>> import pronghorn as keras
    >>> keras.ops.switch(1, [lambda x: x + 1, lambda x: x * 10], 5)
    50
    """
    last = len(branches) - 1
    if _has_value(index):
        at = int(index)
        return branches[0 if at < 0 else last if at > last else at](*operands)
    result = branches[0](*operands)
    for i, branch in enumerate(branches[1:], 1):
        other = flatten(branch(*operands))
        chosen = [where(index >= i, a, b) for a, b in zip(other, flatten(result), strict=True)]
        result = pack(result, chosen)
    return result


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Applies `body` to the loop variables while `cond` of them holds.

    Args:
        cond: function of the variables that returns a bool. It must have a value: in a model it
            cannot depend on the data.
        body: function of the variables that returns the next ones.
        loop_vars: a tensor, or a list or tuple of them.
        maximum_iterations: stop after so many.

    >>> import pronghorn as keras
    >>> int(keras.ops.while_loop(lambda x: x < 100, lambda x: x * 2, keras.ops.array(3)))
    192
    """
    several = isinstance(loop_vars, list | tuple)
    values = tuple(loop_vars) if several else (loop_vars,)
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and cond(*values):
        values = body(*values)
        values = tuple(values) if isinstance(values, list | tuple) else (values,)
        count += 1
    return type(loop_vars)(values) if several else values[0]


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[int, Any], Any], init_val: Any) -> Any:
    """body_fun(i, value) for i from lower to upper - 1, each with the value of the one before.

    >>> import pronghorn as keras
    >>> keras.ops.fori_loop(0, 4, lambda i, total: total + i, 0)
    6
    """
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


def _slices(xs: Any, length: int | None = None) -> list[Any]:
    """The structures of slices along the first axis."""
    if xs is None:
        if length is None:
            raise ValueError("scan: give xs or length. Received: neither")
        return [None] * length
    parts = [unstack(leaf) for leaf in flatten(xs)]
    if len({len(p) for p in parts}) != 1 or (length is not None and length != len(parts[0])):
        raise ValueError(
            "the tensors must have first axes of one length. "
            f"Received: {[len(p) for p in parts]}, length={length}"
        )
    return [pack(xs, list(each)) for each in zip(*parts, strict=True)]


def _stacked(results: Sequence[Any]) -> Any:
    leaves = [stack(list(each)) for each in zip(*(flatten(r) for r in results), strict=True)]
    return pack(results[0], leaves)


@symbolic
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """f of each slice along the first axis, stacked.

    Args:
        f: function of a slice (of each tensor, in their structure).
        xs: tensor, or a structure of tensors with first axes of one length, which must be known.

    >>> import pronghorn as keras
    >>> keras.ops.map(lambda row: keras.ops.sum(row), [[1.0, 2.0], [3.0, 4.0]]).numpy().tolist()
    [3.0, 7.0]
    """
    return _stacked([f(x) for x in _slices(_as_tensors(xs))])


@symbolic
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """`map` under TensorFlow's name for it."""
    return map(function, elements)


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function that applies `pyfunc` to each slice along the first axis.

    Args:
        pyfunc: function of tensors.
        excluded: positions of arguments that are passed on whole.
        signature: must be None.

    Raises:
        ValueError: `signature` is given.
    """
    if signature is not None:
        raise ValueError(f"vectorize: signatures are not known. Received: signature={signature!r}")
    whole = set(excluded or ())

    def vectorized(*args: Any) -> Any:
        cut = [i for i, a in enumerate(args) if i not in whole and convert_to_tensor(a).ndim]

        def each(slices: list[Any]) -> Any:
            now = list(args)
            for i, value in zip(cut, slices, strict=True):
                now[i] = value
            return pyfunc(*now)

        return map(each, [convert_to_tensor(args[i]) for i in cut]) if cut else pyfunc(*args)

    return vectorized


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """carry, y = f(carry, x) for each slice along the first axis.

    Args:
        f: function of the carry and a slice that returns the next carry and a result.
        init: the first carry.
        xs: tensor or structure of tensors with first axes of one length; None is passed on.
        length: how many, if there are no `xs`.
        reverse: begin at the last slice.
        unroll: accepted for Keras's sake: loops are always written out.

    Returns:
        The last carry, and the results, stacked in the order of the slices.

    >>> import pronghorn as keras
    >>> total, sums = keras.ops.scan(lambda c, x: (c + x, c + x), 0, keras.ops.arange(4))
    >>> int(total), sums.numpy().tolist()
    (6, [0, 1, 3, 6])
    """
    slices = _slices(_as_tensors(xs), length)
    carry, results = init, []
    for x in reversed(slices) if reverse else slices:
        carry, y = f(carry, x)
        results.append(y)
    if reverse:
        results.reverse()
    return carry, (_stacked(results) if results and results[0] is not None else None)


def associative_scan(
    f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """f of the first slices along an axis, one more of them at each place.

    Args:
        f: associative function of two structures of tensors.
        elems: tensor or structure of tensors.
        reverse: begin at the last slice.
        axis: the axis; its size must be known.

    >>> import pronghorn as keras
    >>> keras.ops.associative_scan(keras.ops.add, keras.ops.arange(4)).numpy().tolist()
    [0, 1, 3, 6]
    """
    elems = _as_tensors(elems)
    if reverse:
        elems = map_leaves(lambda t: flip(t, axis), elems)
    parts = [unstack(leaf, axis=axis) for leaf in flatten(elems)]
    results: list[Any] = []
    for each in zip(*parts, strict=True):
        x = pack(elems, list(each))
        results.append(f(results[-1], x) if results else x)
    leaves = [stack(list(each), axis) for each in zip(*(flatten(r) for r in results), strict=True)]
    if reverse:
        leaves = [flip(leaf, axis) for leaf in leaves]
    return pack(elems, leaves)


def _as_tensors(xs: Any) -> Any:
    """Lists of numbers are one tensor, as everywhere; lists of tensors a structure of them."""
    if xs is None or _any_tensor(xs):
        return map_leaves(convert_to_tensor, xs)
    return convert_to_tensor(xs)


def _any_tensor(xs: Any) -> bool:
    return any(isinstance(leaf, Operators) or hasattr(leaf, "__array__") for leaf in flatten(xs))
