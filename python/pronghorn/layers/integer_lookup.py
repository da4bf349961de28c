# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend.trace import current_trace
from pronghorn.layers._lookup import _Lookup


class IntegerLookup(_Lookup):
    """Ints to their places in a vocabulary, which `adapt` learns, or back.

    Place 0 (to `num_oov_indices` - 1) is for ints outside the vocabulary; a mask token takes place
    0 before them. Inside a model the layer compares with every token, which suits vocabularies of
    up to some thousands.

    Args:
        max_tokens: `adapt` keeps as many, those for special tokens included.
        num_oov_indices: how many places there are for ints outside the vocabulary; 0 makes them an
            error.
        mask_token: the int whose place is 0 (in mode "int"; else it has none).
        oov_token: what stands for ints outside when inverted.
        vocabulary: list of ints, or the path of a file with one in each line.
        vocabulary_dtype: must be "int64".
        idf_weights: with mode "tf_idf", the weights of the vocabulary.
        invert: places to ints.
        output_mode: "int", "one_hot", "multi_hot" or "count", as of `CategoryEncoding`, or
            "tf_idf": counts times weights log(1 + documents / (1 + documents with the token)).
        sparse: must be False.
        pad_to_max_tokens: vectors have `max_tokens` elements even if the vocabulary is smaller.
        oov_method: the place of an int outside is its remainder ("floormod") or that of its hash
            ("farmhash").
        salt: key of the hash, an int or a pair of ints.

    Raises:
        ValueError: a bad argument or vocabulary.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138])
    >>> layer(np.array([[12, 1138], [7, 36]])).numpy().tolist()
    [[1, 3], [0, 2]]
    """

    _token_dtype = "int64"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if vocabulary_dtype != "int64":
            raise ValueError(f"vocabulary_dtype must be 'int64'. Received: {vocabulary_dtype!r}")
        if oov_method not in ("floormod", "farmhash"):
            raise ValueError(
                f"oov_method must be 'floormod' or 'farmhash'. Received: oov_method={oov_method!r}"
            )
        if salt is not None and oov_method != "farmhash":
            raise ValueError(f"salt is for oov_method='farmhash'. Received: {oov_method=}")
        self.vocabulary_dtype, self.oov_method = vocabulary_dtype, oov_method
        self._configure(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            salt,
        )

    def call(self, inputs: Any) -> Any:
        trace = current_trace()
        if trace is None:
            result = super().call(inputs)
            return ops.convert_to_tensor(result)
        x = ops.cast(inputs, "int64")
        if trace.abstract and self.lacks_vocabulary:  # a file brings it later
            return x if self.invert else self._encode(x)
        return self._call_in_model(x)

    def _call_in_model(self, x: Any) -> Any:
        """The formulas of `_tokens_at` and `_places_of` over ops."""
        last = len(self._tokens) - 1
        if last < 0:
            raise ValueError(f"Layer {self.name!r} has no vocabulary yet: call `adapt(data)`.")
        if self.invert:
            row = x - self._first_token
            inside = (row >= 0) & (row <= last)
            tokens = ops.take(self._tokens, ops.where(inside, row, 0), axis=0)
            tokens = ops.where(inside, tokens, self.oov_token)
            return tokens if self.mask_token is None else ops.where(x == 0, self.mask_token, tokens)
        at = ops.minimum(ops.searchsorted(self._sorted, x), last)
        known = ops.take(self._sorted, at, axis=0) == x
        places = ops.take(self._order.astype("int64") + self._first_token, at, axis=0)
        outside: Any = -1  # no place: there is no error inside a compiled computation
        if self.num_oov_indices == 1:
            outside = self._first_oov
        elif self.num_oov_indices > 1:
            if self.oov_method == "farmhash":
                raise TypeError(
                    f"Layer {self.name!r} hashes ints, which cannot be done in a compiled model: "
                    "use oov_method='floormod', or apply the layer to the data first."
                )
            outside = ops.mod(x, self.num_oov_indices) + self._first_oov
        places = ops.where(known, places, outside)
        if self.mask_token is not None:
            hidden = 0 if self.output_mode == "int" else int(np.iinfo("int32").max)
            places = ops.where(x == self.mask_token, hidden, places)
        return self._encode(places)
