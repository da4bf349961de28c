# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn.backend import floatx
from pronghorn.layers._categories import (
    _OnArrays,
    checked_mode,
    checked_salt,
    encode_categories,
    values_of,
)
from pronghorn.layers._fingerprints import bins_of_each


class Hashing(_OnArrays):
    """The bin that the hash of each string or int falls into: FarmHash, or SipHash with a salt.

    It works on arrays: by itself, or in a functional model before the layers that are trained;
    there it runs once over the data.

    Args:
        num_bins: how many bins, that of `mask_value` included.
        mask_value: the value whose bin is 0; the others are hashed into the rest.
        salt: an int or a pair of ints, the key of SipHash.
        output_mode: "int", "one_hot", "multi_hot" or "count", as of `CategoryEncoding`.
        sparse: must be False.

    Call arguments:
        inputs: array of strings, ints, or floats, which are truncated.

    Raises:
        ValueError: a bad `num_bins`, `salt`, `output_mode`, or a dtype that does not fit the mode.

    Example:

    >>> import pronghorn as keras
    >>> keras.layers.Hashing(num_bins=3)([["A"], ["B"], ["E"]]).numpy().tolist()
    [[1], [0], [2]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else floatx()
        super().__init__(**kwargs)
        if not isinstance(num_bins, int) or num_bins < 1:
            raise ValueError(f"num_bins must be a positive int. Received: num_bins={num_bins}")
        modes = ("int", "one_hot", "multi_hot", "count")
        self.output_mode = checked_mode(output_mode, modes, sparse)
        if self.output_mode == "int" and self.dtype not in ("int32", "int64"):
            raise ValueError(
                f"with output_mode='int', dtype must be int32 or int64. Received: {self.dtype}"
            )
        self.num_bins, self.mask_value, self.sparse = num_bins, mask_value, sparse
        self.salt = checked_salt(salt)

    def call(self, inputs: Any) -> Any:
        values = values_of(inputs)
        masked = self.mask_value is not None and self.num_bins > 1
        text = values.astype("int64") if values.dtype.kind == "f" else values
        bins = bins_of_each(text, self.num_bins - masked, self.salt)
        if masked:
            bins = np.where(values == self.mask_value, 0, bins + 1)
        return encode_categories(bins, self.output_mode, self.num_bins, self.dtype)
