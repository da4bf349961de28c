# SPDX-License-Identifier: Apache-2.0
"""Data frames and tables of pandas, polars and pyarrow, and their columns, as NumPy arrays.

They are known by what they can do: none of these libraries is imported.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def is_table(value: Any) -> bool:
    """Whether `value` is a data frame or table: an array with names for its columns."""
    return hasattr(value, "__array__") and hasattr(value, "columns")


def is_column(value: Any) -> bool:
    """Whether `value` is a series of pandas or polars, or an array of pyarrow."""
    return hasattr(value, "__array__") and hasattr(value, "to_numpy")


def columns_of(table: Any) -> list[tuple[str, Any]]:
    """Names and columns, in order."""
    if hasattr(table, "iloc"):  # pandas, where two columns may have one name
        return [(label, table.iloc[:, i]) for i, label in enumerate(table.columns)]
    if hasattr(table, "column_names"):  # pyarrow
        return list(zip(table.column_names, table.columns, strict=True))
    return [(label, table[label]) for label in table.columns]


def is_one_array(table: Any) -> bool:
    """Whether all columns of a table of pandas are numbers of NumPy's."""
    return hasattr(table, "iloc") and all(
        isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in table.dtypes
    )


def column_values(column: Any) -> np.ndarray:
    """A column as an array; a missing value among numbers or bools is NaN."""
    values = np.asarray(column)
    if values.dtype.kind != "O":
        return values
    missing = np.fromiter(map(_is_missing, values.flat), bool, values.size).reshape(values.shape)
    present = values[~missing]
    if missing.any() and all(isinstance(x, bool | int | float | np.number) for x in present):
        values = np.full(values.shape, np.nan)
        values[~missing] = present.astype("float64")
    return values


def _is_missing(item: Any) -> bool:
    return item is None or type(item).__name__ == "NAType" or item != item
