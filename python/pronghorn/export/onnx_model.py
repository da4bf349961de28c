# SPDX-License-Identifier: Apache-2.0
"""A model as an ONNX file: its trace, op by op."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from pronghorn import __version__
from pronghorn._structure import flatten
from pronghorn.backend import KerasTensor
from pronghorn.export.free_batch import Computation, FreeBatch, PerRow, Size, with_free_batch
from pronghorn.export.onnx_ops import RULES
from pronghorn.export.onnx_writer import Writer
from pronghorn.layers.shapes import map_shape_leaves
from pronghorn.saving.atomic import atomic_file
from pronghorn.training.targets import output_names

_OPSET = 18  # onnxruntime 1.14 (2023) and newer read it
_IR_VERSION = 8


def export_onnx(
    model: Any, filepath: str | PathLike[str], input_signature: Any = None
) -> onnx.ModelProto:
    """Write the predictions of a model, for any number of rows, as an ONNX file.

    Args:
        model: built.
        filepath: where to write.
        input_signature: structure of `keras.KerasTensor`s for a model that does not declare its
            inputs.

    Returns:
        What was written.
    """
    inputs = _inputs(model, input_signature)
    proto = _proto(model, inputs, with_free_batch(model, inputs))
    onnx.checker.check_model(proto)
    with atomic_file(Path(filepath).resolve()) as temporary:
        onnx.save_model(proto, temporary)
    return proto


def _inputs(model: Any, signature: Any) -> Any:
    """The structure of the inputs, with shapes and dtypes."""
    structure = signature
    if structure is None:
        structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        structure = getattr(model, "inputs", None)
    if structure is not None:
        single = isinstance(structure, list | tuple) and len(structure) == 1
        return structure[0] if single else structure
    if not model.built or model._build_shape is None:
        raise ValueError(
            f"Model {model.name!r} cannot be exported before its input shape is known: call it on "
            "data, `build` it, or give `input_signature=[keras.KerasTensor((None, ...))]`."
        )
    return map_shape_leaves(
        lambda shape: KerasTensor((None, *shape[1:]), model.dtype), model._build_shape
    )


def _proto(model: Any, inputs: Any, computed: FreeBatch) -> onnx.ModelProto:
    specs = flatten(inputs)
    writer = Writer()
    fed = [writer.name(name) for name in _input_names(model, inputs)]
    results = [
        writer.name(name or "output")
        for name in output_names(computed.structure, getattr(model, "output_names", None))
    ]
    writer.rows_of = next(
        (name for name, s in zip(fed, specs, strict=True) if not s.shape[0]), None
    )
    paths = {id(variable.storage): variable.path for variable in model.variables}
    values: list[str] = []
    for c in computed.computations:
        values.append(_value(writer, c, [values[i] for i in c.operands], fed, paths))
        writer.declare(values[-1], c.dtype)
    for number, result in zip(computed.outputs, results, strict=True):
        writer.nodes.append(
            onnx.helper.make_node("Identity", [values[number]], [result], name=result)
        )
    outputs = [computed.computations[number] for number in computed.outputs]
    graph = onnx.helper.make_graph(
        writer.nodes,
        model.name,
        [_declared(name, s.dtype, s.shape) for name, s in zip(fed, specs, strict=True)],
        [
            _declared(name, c.dtype, [size.fixed if size.is_fixed else None for size in c.shape])
            for name, c in zip(results, outputs, strict=True)
        ],
        writer.constants,
    )
    return onnx.helper.make_model(
        graph,
        producer_name="pronghorn",
        producer_version=__version__,
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )


def _input_names(model: Any, inputs: Any) -> list[str]:
    """Those of Keras; for a model that does not name its inputs, of the signature, or "input"."""
    if isinstance(inputs, dict):
        return sorted(inputs)
    specs = flatten(inputs)
    try:
        return list(model.input_names)
    except AttributeError:
        return ["input" if spec.name == "keras_tensor" else spec.name for spec in specs]


def _declared(name: str, dtype: str, shape: Any) -> onnx.ValueInfoProto:
    dims = ["batch" if i == 0 and d is None else d for i, d in enumerate(shape)]
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return onnx.helper.make_tensor_value_info(name, kind, dims)


def _value(
    writer: Writer, c: Computation, operands: list[str], fed: list[str], paths: dict[int, str]
) -> str:
    """The name of the result of a computation, which is written."""
    if c.op == "input":
        return fed[c.number]
    if c.op == "variable":
        value = c.variable.numpy().astype(c.dtype, copy=False)
        return writer.array(value, paths.get(id(c.variable), "variable"))
    if c.op == "constant":
        return _constant(writer, c)
    if c.op not in RULES:
        raise NotImplementedError(
            f"ONNX export does not know the op {c.op!r}, which only training needs in models made "
            "of Keras's layers."
        )
    return RULES[c.op](writer, c, operands)


def _constant(writer: Writer, c: Computation) -> str:
    value = c.value
    if isinstance(value, np.ndarray):
        return writer.array(value)
    if isinstance(value, PerRow):
        product = writer.add("Mul", writer.rows(c.dtype), writer.array(value.per_row))
        total = writer.add("Add", product, writer.array(value.fixed))
        return writer.add("Reshape", total, writer.sizes(c.shape))
    first = writer.array(value.first)
    if not value.step.any():
        return writer.add("Expand", first, writer.sizes(c.shape))
    along = [Size(0, 1)] * value.first.ndim
    along[value.axis] = Size(0, -1)
    places = writer.cast(writer.range(c.shape[value.axis]), c.dtype)
    steps = writer.add(
        "Mul", writer.add("Reshape", places, writer.sizes(along)), writer.array(value.step)
    )
    return writer.add("Add", steps, first)
