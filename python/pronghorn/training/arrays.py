# SPDX-License-Identifier: Apache-2.0
"""From whatever the caller has to NumPy arrays the engine can gather rows from."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from pronghorn._structure import flatten, is_nested
from pronghorn.layers._categories import values_of
from pronghorn.training.tables import column_values, columns_of, is_column, is_one_array, is_table

# The kinds of dtype that mean numbers: bool, signed, unsigned, float.
_NUMERIC_KINDS = "biuf"


def is_array_like(value: Any) -> bool:
    """NumPy arrays and everything that can become one: pandas, torch, h5py, our own tensors.

    Also sparse matrices of SciPy.
    """
    return isinstance(value, np.ndarray) or hasattr(value, "__array__") or is_sparse(value)


def is_sparse(value: Any) -> bool:
    """A sparse matrix of SciPy."""
    return hasattr(value, "tocsr")


def dense(value: Any) -> Any:
    """The array of a sparse matrix; arrays as they are."""
    return value.toarray() if is_sparse(value) else value


def is_number(value: Any) -> bool:
    """A plain Python or NumPy number."""
    return isinstance(value, (numbers.Number, np.bool_))


def to_arrays(value: Any, name: str, may_be_text: bool = False) -> Any:
    """The same structure with NumPy arrays as leaves.

    A list (of lists) of plain numbers is one array, not a structure.

    Args:
        value: an array-like, or nested lists, tuples and dicts of array-likes, or None.
        name: how the caller knows it, for messages ("x", "y", "sample_weight").
        may_be_text: whether arrays may hold strings.
    """
    if value is None:
        return None
    if isinstance(value, dict):
        return {
            key: to_arrays(part, f"{name}[{key!r}]", may_be_text) for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        leaves = flatten(value)
        if leaves and all(is_number(leaf) for leaf in leaves):
            return _numeric(_from_lists(value, name), name)
        if leaves and all(isinstance(leaf, str) for leaf in leaves):
            return _checked(np.asarray(value), name, may_be_text)
        parts = [to_arrays(part, f"{name}[{i}]", may_be_text) for i, part in enumerate(value)]
        return tuple(parts) if isinstance(value, tuple) else parts
    if not is_array_like(value):
        raise TypeError(
            f"`{name}` must be a NumPy array, something that converts to one (pandas, torch, a "
            "list of numbers), or a list, tuple or dict of these. "
            f"Received: {value!r} of type {type(value).__name__}"
        )
    if is_sparse(value):
        return value.tocsr()
    if is_table(value):
        return _from_table(value, name, may_be_text)
    return _checked(_from_array_like(value), name, may_be_text)


def common_rows(*named: tuple[str, Any]) -> int:
    """The number of rows all arrays share.

    Args:
        *named: pairs (name, structure of arrays).

    Raises:
        ValueError: if there are none, or if they differ.
    """
    rows = {}
    for name, structure in named:
        leaves = flatten(structure)
        for i, leaf in enumerate(leaves):
            rows[name if len(leaves) == 1 and not is_nested(structure) else f"{name}[{i}]"] = (
                leaf.shape[0]
            )
    if len(set(rows.values())) > 1:
        sizes = ", ".join(f"{name} has {count}" for name, count in rows.items())
        raise ValueError(f"All data must have the same number of rows (samples): {sizes}.")
    count = next(iter(rows.values()), 0)
    if count == 0:
        raise ValueError(f"The data is empty: `{next(iter(rows), 'x')}` has no rows.")
    return count


def _from_lists(value: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError as error:  # rows of different length
        raise ValueError(f"`{name}` is a list of lists of different lengths: {error}") from None


def _from_table(table: Any, name: str, may_be_text: bool) -> np.ndarray:
    """The columns of a data frame side by side."""
    if is_one_array(table):  # pandas need not copy it
        return _numeric(np.asarray(table), name)
    columns = {
        f"{name}[{label!r}]": _checked(column_values(column), f"{name}[{label!r}]", may_be_text)
        for label, column in columns_of(table)
    }
    kinds = {column.dtype.kind == "U" for column in columns.values()}
    if len(kinds) > 1:
        raise ValueError(
            f"`{name}` has columns of numbers and columns of strings, which make no single array. "
            "Give each column an input of its own, and the data as a dict of columns."
        )
    return np.stack(list(columns.values()), axis=1)


def _from_array_like(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return np.asarray(value)  # a matrix or a masked array as a plain array, a view
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # torch
        value = value.detach().cpu()  # drops the gradient record, not the memory
        return np.asarray(value.float() if str(value.dtype) == "torch.bfloat16" else value)
    if hasattr(getattr(value, "id", None), "get_offset"):  # h5py
        return _from_file(value)
    return column_values(value) if is_column(value) else np.asarray(value)


def _from_file(dataset: Any) -> np.ndarray:
    """A data set in an HDF5 file: mapped into memory if it lies there in one piece, else read."""
    offset = dataset.id.get_offset()
    if offset is None or dataset.size == 0 or dataset.file.driver != "sec2":
        return np.asarray(dataset)
    dataset.file.flush()
    return np.memmap(dataset.file.filename, dataset.dtype, "r", offset, dataset.shape)


def _checked(array: np.ndarray, name: str, may_be_text: bool) -> np.ndarray:
    if may_be_text and array.size:
        is_text = array.dtype.kind in "SU" or isinstance(array.flat[0], str | bytes)
        if is_text:
            return values_of(array)
    return _numeric(array, name)


def _numeric(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 0:
        raise ValueError(
            f"`{name}` must have a row per sample. Received a single value: {array.item()!r}"
        )
    if array.dtype.kind == "O":
        array = _from_objects(array, name)
    if array.dtype.kind not in _NUMERIC_KINDS:
        what = {"U": "text", "S": "bytes", "M": "dates", "m": "time spans", "c": "complex numbers"}
        kind = what.get(array.dtype.kind, "no numbers")
        example = f", for example {array.flat[0]!r}" if array.size else ""
        raise ValueError(
            f"`{name}` holds {kind} (dtype {array.dtype}){example}. Models work on numbers: "
            "encode it first."
        )
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype == np.longdouble and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array


def _from_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Object arrays of plain numbers (a data frame with bool and float columns) become float64."""
    for index, item in np.ndenumerate(array):
        if not is_number(item) or isinstance(item, complex):
            place = ", ".join(map(str, index))
            raise ValueError(
                f"`{name}` has dtype object and holds {item!r} ({type(item).__name__}) "
                f"at [{place}]. "
                "Convert every column to numbers first."
            )
    return array.astype(np.float64)
