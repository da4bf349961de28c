# SPDX-License-Identifier: Apache-2.0
"""How a public op reaches the engine: at once, into a trace, or into a functional model.

Here are also the ops that the engine has as they are; everything else is made of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from pronghorn import _core
from pronghorn.backend.dtypes import floatx, is_float, result_type, standardize_dtype
from pronghorn.backend.keras_tensor import KerasTensor, record_operation
from pronghorn.backend.recording import remember
from pronghorn.backend.tensor import Operators, Tensor, convert_to_tensor
from pronghorn.backend.trace import Trace, current_trace, recorders
from pronghorn.backend.variable import Variable

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SCALARS = (bool, int, float)
_OPERANDS = (Operators, *_SCALARS)
_SEQUENCES = (list, tuple)


def symbolic(function: _Function) -> _Function:
    """Makes a public op record itself when it is called on a functional model's tensors."""

    @functools.wraps(function)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, KerasTensor) or (
                isinstance(value, _SEQUENCES) and any(isinstance(v, KerasTensor) for v in value)
            ):
                return record_operation(dispatch, args, kwargs)
        return function(*args, **kwargs)

    return dispatch  # type: ignore[return-value]


def apply(op: str, inputs: Sequence[Any], **attributes: Any) -> Tensor:
    """Runs or records one op of the engine. Inputs are tensors or variables of the right dtypes."""
    trace = current_trace()
    if trace is not None and not recorders():
        nodes = [trace.node(x) for x in inputs]
        return Tensor.traced(trace, trace.graph.add(op, nodes, attributes))
    tensors = [convert_to_tensor(x) for x in inputs]
    settings = tuple(
        (k, tuple(v) if isinstance(v, list | tuple) else v) for k, v in attributes.items()
    )
    if trace is not None:
        node = trace.graph.add(op, [trace.node(x) for x in tensors], attributes)
        result = Tensor.traced(trace, node)
    else:
        program, dtype = _eager_program((op, tuple((t.shape, t.dtype) for t in tensors), settings))
        result = Tensor(program.run([t.numpy() for t in tensors])[0], dtype)
    if recorders():
        remember(_apply_again, (op, settings), tensors, [result])
    return result


def _apply_again(inputs: Sequence[Any], op: str, settings: tuple[tuple[str, Any], ...]) -> Any:
    return [apply(op, inputs, **dict(settings))]


@functools.lru_cache(maxsize=4096)
def _eager_program(key: tuple[Any, ...]) -> tuple[_core.Program, str]:
    """An eager op is a program of one op, so that it means what it means in a trace."""
    op, operands, attributes = key
    with Trace() as trace:
        inputs = [trace.input(shape, dtype) for shape, dtype in operands]
        result = apply(op, inputs, **dict(attributes))
        return trace.compile([result], keeps_memory=False), result.dtype


def one_program(function: _Function) -> _Function:
    """Makes a composition of ops run, when it is called eagerly, as one program.

    Its positional arguments are tensors and hashable constants; it returns one tensor.
    """

    @functools.lru_cache(maxsize=1024)
    def compiled(arguments: tuple[Any, ...], signature: tuple[Any, ...]) -> _core.Program:
        with Trace() as trace:
            inputs = iter([trace.input(shape, dtype) for shape, dtype in signature])
            result = function(*(next(inputs) if a is Tensor else a for a in arguments))
            return trace.compile([result], keeps_memory=False)

    @functools.wraps(function)
    def run(*args: Any) -> Any:
        if current_trace() is not None:
            return function(*args)
        tensors = [convert_to_tensor(a) for a in args if isinstance(a, Operators)]
        arguments = tuple(Tensor if isinstance(a, Operators) else a for a in args)
        program = compiled(arguments, tuple((t.shape, t.dtype) for t in tensors))
        result = convert_to_tensor(program.run([t.numpy() for t in tensors])[0])
        if recorders():
            remember(run_again, arguments, tensors, [result])
        return result

    def run_again(inputs: Sequence[Any], *arguments: Any) -> Any:
        given = iter(inputs)
        return [function(*(next(given) if a is Tensor else a for a in arguments))]

    return run  # type: ignore[return-value]


def operands(*values: Any, to_float: bool = False) -> list[Any]:
    """Tensors of one dtype. Python numbers adopt the dtype of the tensors beside them."""
    tensors = [x if isinstance(x, _OPERANDS) else convert_to_tensor(x) for x in values]
    dtypes = [x.dtype for x in tensors if isinstance(x, Operators)]
    if not dtypes:
        dtype = result_type(*(convert_to_tensor(x).dtype for x in tensors))
    elif not is_float(dtype := result_type(*dtypes)):
        if any(isinstance(x, float) for x in tensors):
            dtype = floatx()
        elif dtype in ("bool", "uint8") and any(type(x) is int for x in tensors):
            dtype = "int32"
    if to_float and not is_float(dtype):
        dtype = floatx()
    return [as_operand(x, dtype) for x in tensors]


def as_operand(x: Any, dtype: str) -> Any:
    if isinstance(x, Operators):
        return x if x.dtype == dtype else cast(x, dtype)
    trace = current_trace()
    if trace is None:
        return Tensor(np.asarray(x, dtype), dtype)
    return Tensor.traced(trace, trace.graph.scalar(float(x), dtype))


@symbolic
def cast(x: Any, dtype: Any) -> Any:
    """x with another element type; float to int truncates."""
    name = standardize_dtype(dtype)
    x = x if isinstance(x, Operators) else convert_to_tensor(x)
    if x.dtype == name:
        return x.value if isinstance(x, Variable) else x
    return apply("cast", [x], dtype=name)


def unary(op: str, x: Any, to_float: bool = False) -> Any:
    return apply(op, operands(x, to_float=to_float))


def binary(op: str, x: Any, y: Any, to_float: bool = False) -> Any:
    return apply(op, operands(x, y, to_float=to_float))


def dims(shape: Sequence[Any]) -> list[int]:
    """A shape as the engine writes it, with -1 for what is not known."""
    return [-1 if d is None else int(d) for d in shape]


def checked_axes(axis: Any, rank: int) -> list[int]:
    """Axes as non-negative ints; all of them for None."""
    if axis is None:
        return list(range(rank))
    axes = [axis] if isinstance(axis, int | np.integer) else list(axis)
    for a in axes:
        if not -rank <= a < rank:
            raise ValueError(f"axis must be in [-{rank}, {rank}). Received: axis={axis}")
    return sorted({int(a) % rank for a in axes})


def known_size(name: str, x: Any, axis: int) -> int:
    """The size of an axis, for ops whose result depends on it."""
    size = x.shape[axis]
    if size is None:
        raise ValueError(
            f"{name}: the size of axis {axis} must be known. Received: shape {tuple(x.shape)}"
        )
    return int(size)


# -- ops of the engine under names of their own -------------------------------------------------


@symbolic
def relu(x: Any) -> Any:
    """max(x, 0)."""
    return unary("relu", x)


@symbolic
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return unary("sigmoid", x, to_float=True)


@symbolic
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return unary("tanh", x, to_float=True)


@symbolic
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return unary("softplus", x, to_float=True)


@symbolic
def erf(x: Any) -> Any:
    """The error function."""
    return unary("erf", x, to_float=True)


def _over_rows(op: str, x: Any, axis: int) -> Any:
    """Applies an op of matrices to the last axis of anything."""
    from pronghorn.ops.shape import reshape, swapaxes

    (x,) = operands(x, to_float=True)
    (axis,) = checked_axes(axis, x.ndim)
    if axis != x.ndim - 1:
        return swapaxes(_over_rows(op, swapaxes(x, axis, -1), -1), axis, -1)
    if x.ndim == 2:
        return apply(op, [x])
    flat = reshape(x, (-1, x.shape[-1]))
    return reshape(apply(op, [flat]), x.shape)


@symbolic
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    return _over_rows("softmax", x, axis)


@symbolic
def log_softmax(x: Any, axis: int = -1) -> Any:
    """log(softmax(x)) along an axis."""
    return _over_rows("log_softmax", x, axis)


def _cross_entropy(op: str, output: Any, target: Any) -> Any:
    output, target = operands(output, target, to_float=True)
    return apply(op, [output, target])


@symbolic
def softmax_cross_entropy(logits: Any, target: Any) -> Any:
    """-sum_c target_c log softmax(logits)_c of each row; both (n, classes), result (n,)."""
    return _cross_entropy("softmax_cross_entropy", logits, target)


@symbolic
def sparse_softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """-log softmax(logits)[label] of each row; logits (n, classes), labels and result (n,)."""
    return _cross_entropy("sparse_softmax_cross_entropy", logits, labels)


@symbolic
def categorical_cross_entropy_probs(probs: Any, target: Any) -> Any:
    """-sum_c target_c log q_c with q = clip(p / sum p, 1e-7, 1 - 1e-7), as Keras computes it.

    Where p is a softmax that the same trace computed, its logits are used instead.
    """
    return _cross_entropy("cross_entropy", probs, target)


@symbolic
def sparse_cross_entropy_probs(probs: Any, labels: Any) -> Any:
    """`categorical_cross_entropy_probs` of class numbers (n,) instead of one-hot rows."""
    return _cross_entropy("sparse_cross_entropy", probs, labels)


@symbolic
def stop_gradient(variable: Any) -> Any:
    """A tensor or variable, through which no gradient flows."""
    return apply("stop_gradient", operands(variable))


@symbolic
def saturate_cast(x: Any, dtype: Any) -> Any:
    """x with another element type; what does not fit becomes the nearest number that does.

    >>> import pronghorn as keras
    >>> keras.ops.saturate_cast([-1.0, 300.0], "uint8").numpy().tolist()
    [0, 255]
    """
    (x,) = operands(x)
    name = standardize_dtype(dtype)
    if name == "bool" or is_float(name) or x.dtype == "bool":
        return cast(x, name)
    limits = np.iinfo(name)
    wide = cast(x, "int64" if not is_float(x.dtype) else "float64")
    low, high = float(limits.min), float(limits.max)
    if name == "int64" and is_float(wide.dtype):
        high = float(np.nextafter(2.0**63, 0))  # the largest float64 that int64 holds
    return cast(apply("minimum", operands(apply("maximum", operands(wide, low)), high)), name)


def uniform_bits(state: Any, shape: Sequence[int], dtype: str) -> Any:
    """Uniform numbers in [0, 1) that depend on state (seed, counter) and position alone."""
    return apply("uniform", [state], shape=[int(d) for d in shape], dtype=dtype)
