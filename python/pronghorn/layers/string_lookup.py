# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.layers._categories import _OnArrays
from pronghorn.layers._lookup import _Lookup


class StringLookup(_OnArrays, _Lookup):
    """Strings to their places in a vocabulary, which `adapt` learns, or back.

    It works on arrays: by itself, or in a functional model before the layers that are trained;
    there it runs once over the data. Place 0 (to
    `num_oov_indices` - 1) is for strings outside the vocabulary; a mask token takes place 0 before
    them.

    Args:
        max_tokens: `adapt` keeps as many, those for special tokens included.
        num_oov_indices: how many places there are for strings outside the vocabulary, by their
            FarmHash; 0 makes them an error.
        mask_token: the string whose place is 0 (in mode "int"; else it has none).
        oov_token: what stands for strings outside when inverted.
        vocabulary: list of strings, or the path of a file with one in each line.
        idf_weights: with mode "tf_idf", the weights of the vocabulary.
        invert: places to strings; the result is a NumPy array.
        output_mode: "int", "one_hot", "multi_hot" or "count", as of `CategoryEncoding`, or
            "tf_idf": counts times weights log(1 + documents / (1 + documents with the token)).
        pad_to_max_tokens: vectors have `max_tokens` elements even if the vocabulary is smaller.
        sparse: must be False.
        encoding: accepted for Keras's sake; bytes are read as UTF-8.
        salt: an int or a pair of ints, the key of SipHash in the place of FarmHash.

    Raises:
        ValueError: a bad argument or vocabulary.

    Example:

    >>> import pronghorn as keras
    >>> layer = keras.layers.StringLookup()
    >>> layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'd', 'z', 'c', 'b', 'a']
    >>> layer([["a", "?"]]).numpy().tolist()
    [[5, 0]]
    """

    vocabulary_dtype = "string"
    _token_dtype = str

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        # Keras writes it into configs, although strings are always hashed.
        self.oov_method = kwargs.pop("oov_method", "floormod")
        super().__init__(name=name, **kwargs)
        self.encoding = encoding
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

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"oov_method": self.oov_method}
