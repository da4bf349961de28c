# SPDX-License-Identifier: Apache-2.0
"""Writes the nodes of an ONNX graph and gives names to values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx

from pronghorn.export.free_batch import Size


class Writer:
    """Nodes and constants, as they come.

    Attributes:
        nodes: in the order of computation.
        constants: weights and other arrays.
        rows_of: name of an input whose first axis has the rows; None if their number is fixed.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.rows_of: str | None = None
        self._known: dict[Any, str] = {}  # what is written once
        self._dtypes: dict[str, str] = {}
        self._taken: set[str] = set()

    def name(self, wanted: str) -> str:
        """The name, or if it is taken one with a number behind it."""
        name, number = wanted, 0
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name

    def add(
        self,
        onnx_op: str,
        *operands: str,
        dtype: str | None = None,
        result: int = 0,
        **attributes: Any,
    ) -> str:
        """A node, of whose results one is used, the first by default; returns its name.

        Its dtype is that of the first operand unless it is given.
        """
        name = self.name(onnx_op.lower())
        results = [*(self.name("unused") for _ in range(result)), name]
        node = onnx.helper.make_node(onnx_op, operands, results, name=name, **attributes)
        self.nodes.append(node)
        self.declare(name, dtype or self._dtypes.get(operands[0], "float32"))
        return name

    def declare(self, name: str, dtype: str) -> None:
        """Note the dtype of a value."""
        self._dtypes[name] = dtype

    def dtype_of(self, name: str) -> str:
        return self._dtypes[name]

    def array(self, value: np.ndarray, name: str | None = None) -> str:
        """A constant; without a name, one for all that are equal."""
        value = np.asarray(value)
        key = (value.shape, value.dtype.str, value.tobytes()) if name is None else None
        if key is not None and key in self._known:
            return self._known[key]
        made = self.name(name or "constant")
        if key is not None:
            self._known[key] = made
        self.constants.append(onnx.numpy_helper.from_array(value, made))
        self.declare(made, value.dtype.name)
        return made

    def number(self, value: float, like: str) -> str:
        """A scalar of the dtype of a value."""
        return self.array(np.array(value, self.dtype_of(like)))

    def cast(self, name: str, dtype: str) -> str:
        if self.dtype_of(name) == dtype:
            return name
        to = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", name, dtype=dtype, to=to)

    def sizes(self, sizes: Sequence[Size]) -> str:
        """A vector of sizes."""
        fixed = np.array([size.fixed for size in sizes], "int64")
        if all(size.is_fixed for size in sizes):
            return self.array(fixed)
        per_row = np.array([size.per_row for size in sizes], "int64")
        result = self._rows()
        if (per_row != 1).any():
            result = self.add("Mul", result, self.array(per_row))
        return self.add("Add", result, self.array(fixed)) if fixed.any() else result

    def range(self, size: Size) -> str:
        """0, 1, 2, ... up to a size."""
        if size.is_fixed:
            return self.array(np.arange(size.fixed))
        one, zero = self.array(np.array(1)), self.array(np.array(0))
        end = self.add("Squeeze", self.sizes([size]))
        return self.add("Range", zero, end, one)

    def rows(self, dtype: str) -> str:
        """The number of rows as a vector of one number."""
        return self.cast(self._rows(), dtype)

    def _rows(self) -> str:
        if "rows" not in self._known:
            assert self.rows_of is not None  # sizes depend on rows only if an input has them
            self._known["rows"] = self.add("Shape", self.rows_of, dtype="int64", start=0, end=1)
        return self._known["rows"]
