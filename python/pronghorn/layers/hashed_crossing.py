# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.layers._categories import (
    _OnArrays,
    checked_mode,
    encode_categories,
    values_of,
)
from pronghorn.layers._fingerprints import farm_fingerprint64, join_fingerprints, of_each

# What TensorFlow begins the join with.
_START = 0xDECAFCAFFE


class HashedCrossing(_OnArrays):
    """The bin that the hash of a pair (triple, ...) of strings or ints falls into.

    It works on arrays: by itself, or in a functional model before the layers that are trained;
    there it runs once over the data.

    Args:
        num_bins: how many bins.
        output_mode: "int" or "one_hot".
        sparse: must be False.

    Call arguments:
        inputs: two arrays or more, all (), (samples,) or (samples, 1).

    Raises:
        ValueError: a bad `num_bins` or `output_mode`; when called, inputs of other shapes.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.HashedCrossing(num_bins=5)
    >>> layer([np.array(["A", "B", "A"]), np.array([101, 101, 101])]).numpy().tolist()
    [1, 4, 1]
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if output_mode == "int" and dtype is None:
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **kwargs)
        if not isinstance(num_bins, int) or num_bins < 1:
            raise ValueError(f"num_bins must be a positive int. Received: num_bins={num_bins}")
        self.num_bins, self.sparse = num_bins, sparse
        self.output_mode = checked_mode(output_mode, ("int", "one_hot"), sparse)

    def call(self, inputs: Sequence[Any]) -> Any:
        if not isinstance(inputs, list | tuple) or len(inputs) < 2:
            raise ValueError(f"expected a list of two arrays or more. Received: {inputs}")
        columns = [values_of(x) for x in inputs]
        shape = columns[0].shape
        if any(c.shape != shape for c in columns) or len(shape) > 2 or (*shape, 1, 1)[1] != 1:
            raise ValueError(
                "all inputs must have one of the shapes (), (samples,) and (samples, 1). "
                f"Received: {[c.shape for c in columns]}"
            )
        if any(c.dtype.kind not in "iuU" for c in columns):
            raise ValueError(
                "all inputs must be strings or ints. "
                f"Received: dtypes {[str(c.dtype) for c in columns]}"
            )
        rows = zip(*(_words(c).ravel().tolist() for c in columns), strict=True)
        bins = [self._bin(row) for row in rows]
        indices = np.array(bins, dtype="int64").reshape(shape)
        return encode_categories(indices, self.output_mode, self.num_bins, self.dtype)

    def _bin(self, words: Sequence[int]) -> int:
        joined = _START
        for word in words:
            joined = join_fingerprints(joined, word)
        return joined % self.num_bins

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        names = ("num_bins", "output_mode", "sparse", "name")
        return {name: config[name] for name in names} | {"dtype": self.dtype}


def _words(column: np.ndarray) -> np.ndarray:
    """Fingerprints of strings; ints stand for themselves."""
    if column.dtype.kind == "U":
        return of_each(column, farm_fingerprint64)
    return column.astype("int64").astype("uint64")
