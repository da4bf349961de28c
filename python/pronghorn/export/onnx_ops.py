# SPDX-License-Identifier: Apache-2.0
"""The ops of the engine in terms of those of ONNX (operator set 18).

https://onnx.ai/onnx/operators has the definitions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pronghorn.export.free_batch import Computation, Size
from pronghorn.export.onnx_writer import Writer

Rule = Callable[[Writer, Computation, list[str]], str]
RULES: dict[str, Rule] = {}

# What the engine computes bools and bytes with; ONNX has no arithmetic for them.
_STORED_AS = {"bool": "int32", "uint8": "int32"}


def rule(*ops: str) -> Callable[[Rule], Rule]:
    """Adds the translation of some ops: a function of writer, computation and operands' names."""

    def add(translate: Rule) -> Rule:
        RULES.update(dict.fromkeys(ops, translate))
        return translate

    return add


def _formula(formula: Callable[..., str], compares: bool = False) -> Rule:
    """A rule made of a formula over the operands, which all have one dtype."""

    def translate(w: Writer, c: Computation, operands: list[str]) -> str:
        dtype = w.dtype_of(operands[0])
        stored = _STORED_AS.get(dtype)
        if stored is None:
            return formula(w, *operands)
        result = formula(w, *(w.cast(x, stored) for x in operands))
        return result if compares else w.cast(result, dtype)

    return translate


def _same(onnx_op: str) -> Callable[..., str]:
    return lambda w, *operands: w.add(onnx_op, *operands)


# Elementwise ops that ONNX has as they are.
for _op, _onnx_op in {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "maximum": "Max",
    "minimum": "Min",
    "negative": "Neg",
    "absolute": "Abs",
    "sign": "Sign",
    "sqrt": "Sqrt",
    "reciprocal": "Reciprocal",
    "exp": "Exp",
    "log": "Log",
    "sin": "Sin",
    "cos": "Cos",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "erf": "Erf",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "isnan": "IsNaN",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_not": "Not",
    "copy": "Identity",
    "stop_gradient": "Identity",
    "matmul": "MatMul",
    "batch_matmul": "MatMul",
    "transpose": "Transpose",
}.items():
    _logical = _onnx_op in ("And", "Or", "Not", "Identity", "Transpose")
    RULES[_op] = (
        (lambda w, c, operands, name=_onnx_op: w.add(name, *operands))  # type: ignore[misc]
        if _logical
        else _formula(_same(_onnx_op))
    )

for _op, _onnx_op in {"equal": "Equal", "less": "Less", "less_equal": "LessOrEqual"}.items():
    RULES[_op] = _formula(_same(_onnx_op), compares=True)

RULES["not_equal"] = _formula(lambda w, x, y: w.add("Not", w.add("Equal", x, y)), compares=True)
RULES["square"] = _formula(lambda w, x: w.add("Mul", x, x))
RULES["rsqrt"] = _formula(lambda w, x: w.add("Reciprocal", w.add("Sqrt", x)))
RULES["fma"] = _formula(lambda w, x, y, z: w.add("Add", w.add("Mul", x, y), z))
RULES["fnma"] = _formula(lambda w, x, y, z: w.add("Sub", z, w.add("Mul", x, y)))
RULES["relu"] = _formula(lambda w, x: w.add("Max", x, w.number(0, like=x)))
RULES["isfinite"] = _formula(
    lambda w, x: w.add("Not", w.add("Or", w.add("IsNaN", x), w.add("IsInf", x)))
)


@rule("select")
def _select(w: Writer, c: Computation, operands: list[str]) -> str:
    condition, *values = operands
    stored = [w.cast(x, _STORED_AS.get(c.dtype, c.dtype)) for x in values]
    return w.cast(w.add("Where", condition, *stored, dtype=w.dtype_of(stored[0])), c.dtype)


@rule("floor_divide")
def _floor_divide(w: Writer, c: Computation, operands: list[str]) -> str:
    if c.dtype.startswith("float"):
        return w.add("Floor", w.add("Div", *operands))
    x, y = (w.cast(x, _STORED_AS.get(c.dtype, c.dtype)) for x in operands)
    exact = w.add("Sub", x, w.add("Mod", x, y))  # ONNX's Div truncates
    return w.cast(w.add("Div", exact, y), c.dtype)


@rule("mod")
def _mod(w: Writer, c: Computation, operands: list[str]) -> str:
    x, y = operands
    if not c.dtype.startswith("float"):
        stored = _STORED_AS.get(c.dtype, c.dtype)
        return w.cast(w.add("Mod", w.cast(x, stored), w.cast(y, stored)), c.dtype)
    return w.add("Sub", x, w.add("Mul", y, w.add("Floor", w.add("Div", x, y))))


@rule("expm1")
def _expm1(w: Writer, c: Computation, operands: list[str]) -> str:
    """tanh(x/2) (e^x + 1), without the cancellation of e^x - 1."""
    (x,) = operands
    half = w.add("Tanh", w.add("Mul", x, w.number(0.5, like=x)))
    return w.add("Mul", half, w.add("Add", w.add("Exp", x), w.number(1, like=x)))


@rule("log1p")
def _log1p(w: Writer, c: Computation, operands: list[str]) -> str:
    """log u + (x - (u - 1)) / u with u = 1 + x rounded: what rounding took away comes back."""
    (x,) = operands
    one = w.number(1, like=x)
    u = w.add("Add", x, one)
    back = w.add("Sub", u, one)
    log = w.add("Log", u)
    lost = w.add("Div", w.add("Sub", x, back), u)
    return w.add("Where", w.add("Equal", back, x), log, w.add("Add", log, lost))


@rule("cast")
def _cast(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.cast(operands[0], c.dtype)


@rule("reshape")
def _reshape(w: Writer, c: Computation, operands: list[str]) -> str:
    growing = [size for size in c.shape if not size.is_fixed]
    dims = c.shape
    if len(growing) == 1 and all(size.fixed for size in dims if size.is_fixed):
        dims = tuple(size if size.is_fixed else Size(0, -1) for size in dims)
    return w.add("Reshape", operands[0], w.sizes(dims))


@rule("broadcast_to")
def _broadcast_to(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add("Expand", operands[0], w.sizes(c.shape))


@rule("permute")
def _permute(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add("Transpose", operands[0], perm=list(c.axes))


@rule("concatenate")
def _concatenate(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add("Concat", *operands, axis=c.axes[0])


@rule("slice")
def _slice(w: Writer, c: Computation, operands: list[str]) -> str:
    ends = []
    for begin, size, step in zip(c.begin, c.shape, c.step, strict=True):
        past = (size + -1) * step + (1 if step > 0 else -1)
        end = Size(begin.per_row + past.per_row, begin.fixed + past.fixed)
        # Going down to the very first element ends before it; -1 would mean the last one.
        ends.append(Size(0, -(2**62)) if end == Size(0, -1) else end)
    axes = w.array(np.arange(len(ends)))
    steps = w.array(np.array(c.step, "int64"))
    return w.add("Slice", operands[0], w.sizes(c.begin), w.sizes(ends), axes, steps)


@rule("take")
def _take(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add("Gather", *operands, axis=c.axes[0])


@rule("scatter_add")
def _scatter_add(w: Writer, c: Computation, operands: list[str]) -> str:
    values, places = operands
    if c.axes != (0,):
        raise NotImplementedError(
            f"ONNX can scatter along the first axis only. Received: axis {c.axes[0]}"
        )
    zeros = w.add("Expand", w.number(0, like=values), w.sizes(c.shape))
    rows = w.add("Unsqueeze", w.cast(places, "int64"), w.array(np.array([-1])))
    return w.add("ScatterND", zeros, rows, values, reduction="add")


@rule("lower_bound", "upper_bound")
def _bound(w: Writer, c: Computation, operands: list[str]) -> str:
    """How many of the sorted numbers are less than a value, or at most as large."""
    ordered, values = operands
    one_more_axis = w.add("Unsqueeze", values, w.array(np.array([-1])))
    compare = "Less" if c.op == "lower_bound" else "LessOrEqual"
    before = w.add(compare, ordered, one_more_axis, dtype="bool")
    return w.add("ReduceSum", w.cast(before, "int32"), w.array(np.array([-1])), keepdims=0)


@rule("argsort")
def _argsort(w: Writer, c: Computation, operands: list[str]) -> str:
    count = w.sizes(c.shape[-1:])
    order = w.add("TopK", operands[0], count, dtype="int64", result=1, largest=0)
    return w.cast(order, "int32")


@rule("cumsum")
def _cumsum(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add("CumSum", operands[0], w.array(np.array(c.axes[0])))


@rule("iota")
def _iota(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.cast(w.range(c.shape[0]), c.dtype)


@rule("sum", "max", "min", "prod")
def _reduce(w: Writer, c: Computation, operands: list[str]) -> str:
    onnx_op = {"sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd"}
    stored = w.cast(operands[0], _STORED_AS.get(c.dtype, c.dtype))
    axes = [w.array(np.array(c.axes, "int64"))] if c.axes else []
    return w.cast(w.add(onnx_op[c.op], stored, *axes, keepdims=int(c.keepdims)), c.dtype)


@rule("argmax")
def _argmax(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.cast(w.add("ArgMax", operands[0], dtype="int64", axis=1, keepdims=0), c.dtype)


@rule("softmax", "log_softmax")
def _softmax(w: Writer, c: Computation, operands: list[str]) -> str:
    return w.add({"softmax": "Softmax", "log_softmax": "LogSoftmax"}[c.op], operands[0], axis=1)


@rule("softmax_cross_entropy")
def _softmax_cross_entropy(w: Writer, c: Computation, operands: list[str]) -> str:
    logits, target = operands
    products = w.add("Mul", target, w.add("LogSoftmax", logits, axis=1))
    return w.add("Neg", w.add("ReduceSum", products, w.array(np.array([1])), keepdims=0))


@rule("uniform")
def _uniform(w: Writer, c: Computation, operands: list[str]) -> str:
    """Numbers of the same distribution: ONNX does not say which generator makes them."""
    zeros = w.add("Expand", w.array(np.zeros((), c.dtype)), w.sizes(c.shape))
    return w.add("RandomUniformLike", zeros)
