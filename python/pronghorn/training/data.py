# SPDX-License-Identifier: Apache-2.0
"""The caller's data as NumPy arrays in known order, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pronghorn._structure import describe, flatten, is_nested, key_of, map_leaves, pack
from pronghorn.backend import floatx
from pronghorn.training.arrays import common_rows, dense, is_number, is_sparse, to_arrays
from pronghorn.utils.batch_structure import unpack_x_y_sample_weight

RAN_OUT = (
    "The data ran out before the requested number of steps: the epoch ends early. "
    "Provide at least `steps_per_epoch * epochs` batches."
)


@dataclass(frozen=True)
class Feed:
    """What the engine needs to know of an array: shape of a row, dtype the rows are cast to."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Data:
    """Inputs, targets, sample weights: structures of arrays with the same rows, or None."""

    x: Any
    y: Any
    sample_weight: Any
    rows: int

    @property
    def arrays(self) -> list[np.ndarray]:
        """All arrays in the order in which a step declares its inputs: x, y, weights."""
        return [*flatten(self.x), *flatten(self.y), *flatten(self.sample_weight)]

    def take(self, rows: slice | np.ndarray) -> Data:
        """The rows of a slice, as views, or copies of those with these numbers."""
        x, y, weight = (
            map_leaves(lambda a: a[rows], part) for part in (self.x, self.y, self.sample_weight)
        )
        by_slice = isinstance(rows, slice)
        count = len(range(*rows.indices(self.rows))) if by_slice else len(rows)  # type: ignore[union-attr,arg-type]
        return Data(x, y, weight, count)

    @property
    def holds_sparse(self) -> bool:
        """Whether some of it is a sparse matrix, to be made dense batch by batch."""
        return any(map(is_sparse, self.arrays))

    def as_dense(self) -> Data:
        """With arrays in the place of sparse matrices."""
        x, y, weight = (map_leaves(dense, part) for part in (self.x, self.y, self.sample_weight))
        return Data(x, y, weight, self.rows)

    def split(self, share: float) -> tuple[Data, Data]:
        """The first rows, and the last `share` of them (for validation), before any shuffling."""
        at = math.floor(self.rows * (1.0 - share))
        if at in (0, self.rows):
            raise ValueError(
                f"`validation_split={share}` of {self.rows} rows leaves {at} rows for training "
                f"and {self.rows - at} for validation: both need at least one."
            )
        return self.take(slice(0, at)), self.take(slice(at, None))

    def feeds(self, model: Any) -> tuple[Any, Any, Any]:
        """`Feed`s in the structures of x, y and the weights."""
        preprocessing = getattr(model, "_preprocessing", None)
        declared = preprocessing.results if preprocessing else declared_inputs(model)
        dtypes = (
            [t.dtype for t in declared] if declared else [_dtype_of(a) for a in flatten(self.x)]
        )
        x = [Feed(a.shape[1:], dtype) for a, dtype in zip(flatten(self.x), dtypes, strict=True)]
        y = map_leaves(lambda a: Feed(a.shape[1:], _dtype_of(a)), self.y)
        weight = map_leaves(lambda a: Feed(a.shape[1:], "float32"), self.sample_weight)
        return pack(self.x, x), y, weight


def as_data(x: Any, y: Any = None, sample_weight: Any = None, model: Any = None) -> Data:
    """Convert and check one set of data.

    Args:
        x: array-like, or list, tuple or dict of them.
        y: targets, the same.
        sample_weight: one weight per row, one array for all outputs or one per output.
        model: if it declares its inputs, x is matched to them: dicts by name, lists by position,
            `(n,)` to `(n, 1)`.

    Raises:
        TypeError: for things that are no arrays.
        ValueError: for text, empty data, different numbers of rows, shapes the model does not take.
    """
    if x is None:
        raise ValueError("`x` is missing: the model needs input data.")
    preprocessing = getattr(model, "_preprocessing", None)
    x = to_arrays(x, "x", may_be_text=preprocessing is not None)
    y, weight = to_arrays(y, "y"), to_arrays(sample_weight, "sample_weight")
    if not flatten(x):
        raise ValueError(f"`x` holds no arrays. Received: x={x!r}")
    rows = common_rows(("x", x), ("y", y), ("sample_weight", weight))
    if model is not None:
        x = match_inputs(x, model)
    if preprocessing is not None:
        x = preprocessing(flatten(x))
    return Data(x, y, weight, rows)


def with_class_weight(data: Data, class_weight: Mapping[int, float] | None) -> Data:
    """`data` with the weight of each row's class as its sample weight; classes not named weigh 1.

    Args:
        data: targets are class numbers `(n,)` or `(n, 1)`, or one-hot rows `(n, classes)`.
        class_weight: class number -> weight.
    """
    if class_weight is None:
        return data
    if data.sample_weight is not None:
        raise ValueError(
            "`class_weight` and `sample_weight` cannot be given together: multiply them yourself."
        )
    if not isinstance(class_weight, Mapping) or not all(map(is_number, class_weight.values())):
        raise ValueError(
            f"`class_weight` must be a dict of class number -> weight. Received: {class_weight!r}"
        )
    if not all(is_number(key) and int(key) == key for key in class_weight):
        raise ValueError(
            f"The keys of `class_weight` must be class numbers. Received: {list(class_weight)!r}"
        )
    targets = flatten(data.y)
    if len(targets) != 1:
        raise ValueError(
            "`class_weight` needs a model with one output. "
            f"Received: y of structure {describe(data.y)}."
        )
    labels = targets[0]
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    weights = np.ones(labels.shape, np.float32)
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    return replace(data, sample_weight=weights)


def validation_triple(validation_data: Any) -> tuple[Any, Any, Any]:
    """`validation_data=(x, y)` or `(x, y, sample_weight)` as three values."""
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
        size = f" of length {len(validation_data)}" if hasattr(validation_data, "__len__") else ""
        raise ValueError(
            "`validation_data` must be (x, y) or (x, y, sample_weight). "
            f"Received: {type(validation_data).__name__}{size}"
        )
    return unpack_x_y_sample_weight(validation_data)


def declared_inputs(model: Any) -> list[Any]:
    """The symbolic inputs of a Functional or built Sequential model; none for other models."""
    return flatten(getattr(model, "inputs", None))


def match_inputs(x: Any, model: Any) -> Any:
    """x in the structure and ranks that `model` declares; unchanged if it declares nothing."""
    declared = declared_inputs(model)
    if not declared:
        return x
    wanted = _input_structure(model, declared)
    names = model.input_names
    if isinstance(x, dict):
        # One order for both: the model's own keys if it takes a dict, else the names of its inputs.
        keys = sorted(wanted) if isinstance(wanted, dict) else names
        missing = [key for key in keys if key not in x]
        if missing and len(declared) == len(x) == 1:
            missing, keys = [], list(x)
        if missing:
            raise ValueError(
                f"Model {model.name!r} takes the inputs {keys}. "
                f"Received: x with the keys {list(x)}; missing: {missing}."
            )
        leaves = [leaf for key in keys for leaf in flatten(x[key])]
    else:
        leaves = flatten(x)
    if len(leaves) != len(declared):
        raise ValueError(
            f"Model {model.name!r} takes {len(declared)} input(s) {names}. "
            f"Received: x with {len(leaves)} array(s), structure {describe(x)}."
        )
    ranked = [
        _match_rank(leaf, tensor, name, model)
        for leaf, tensor, name in zip(leaves, declared, names, strict=True)
    ]
    return pack(wanted, ranked)


def signature(feeds: tuple[Any, Any, Any]) -> Any:
    """Hashable: equal if a step traced for one set of feeds also serves the other."""
    return tuple(key_of(part) for part in feeds)


def _input_structure(model: Any, declared: list[Any]) -> Any:
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        structure = model.inputs
    if isinstance(structure, (list, tuple)) and len(declared) == 1 and not is_nested(structure[0]):
        return declared[0]  # `Model(inputs=[a])` takes a bare array as well: one form for both
    return structure


def _match_rank(array: np.ndarray, tensor: Any, name: str, model: Any) -> np.ndarray:
    wanted = tuple(tensor.shape)[1:]
    if (array.dtype.kind == "U") != (tensor.dtype == "string"):
        raise ValueError(
            f"Input {name!r} of model {model.name!r} expects "
            f"{'strings' if tensor.dtype == 'string' else 'numbers'}. "
            f"Received: x of dtype {array.dtype}."
        )
    if array.ndim == len(wanted) and wanted and wanted[-1] == 1:
        array = array[..., None]
    elif array.ndim == len(wanted) + 2 and array.shape[-1] == 1:
        array = array[..., 0]
    got = array.shape[1:]
    if len(got) != len(wanted) or any(w not in (None, g) for w, g in zip(wanted, got, strict=True)):
        raise ValueError(
            f"Input {name!r} of model {model.name!r} expects arrays of shape "
            f"{_shape((None, *wanted))}. Received: x of shape {array.shape}."
        )
    return array


def _shape(shape: tuple[int | None, ...]) -> str:
    return (
        "("
        + ", ".join("n" if i == 0 else str(dim) for i, dim in enumerate(shape))
        + ("," * (len(shape) == 1))
        + ")"
    )


def _dtype_of(array: np.ndarray) -> str:
    """Floats run as `floatx()`, ints and bools as int32, or int64 if the values need it."""
    if array.dtype.kind == "f":
        return floatx()
    wide = array.dtype.itemsize > 4 or array.dtype == np.uint32
    if wide and array.size:
        limits = np.iinfo(np.int32)
        if array.min() < limits.min or array.max() > limits.max:
            return "int64"
    return "int32"
