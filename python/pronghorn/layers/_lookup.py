# SPDX-License-Identifier: Apache-2.0
"""The half that `IntegerLookup` and `StringLookup` share: a vocabulary and the way through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from os import PathLike, path
from typing import Any

import numpy as np

from pronghorn.backend import Operators, floatx
from pronghorn.layers._categories import (
    checked_mode,
    checked_salt,
    encode_categories,
    values_of,
)
from pronghorn.layers._fingerprints import bins_of_each
from pronghorn.layers.layer import Layer
from pronghorn.layers.weight_limit import take

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class _Lookup(Layer):
    """Tokens to their places in a vocabulary, and back.

    The places: 0 for the mask token (in mode "int", if there is one), then `num_oov_indices` for
    tokens that are not in the vocabulary, then the vocabulary.
    """

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    invert: bool
    oov_method: str = "floormod"
    vocabulary_dtype: str
    _token_dtype: Any  # NumPy's
    # Of a vocabulary that comes after the model is built, as from a file: shapes depend on it.
    _announced_size: int | None = None

    def _configure(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        salt: Any,
    ) -> None:
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"max_tokens must be above 1. Received: max_tokens={max_tokens}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError("pad_to_max_tokens needs max_tokens. Received: max_tokens=None")
        if num_oov_indices < 0:
            raise ValueError(f"num_oov_indices must not be negative. Received: {num_oov_indices}")
        self.output_mode = checked_mode(output_mode, _MODES, sparse)
        if invert and self.output_mode != "int":
            raise ValueError(
                f"with invert=True, output_mode must be 'int'. Received: {output_mode=}"
            )
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.sparse, self.pad_to_max_tokens = invert, sparse, pad_to_max_tokens
        self.salt = checked_salt(salt)
        # What the config keeps: a vocabulary from a file or from `adapt` is stored beside it.
        self.vocabulary = None if isinstance(vocabulary, str | PathLike) else vocabulary
        self.idf_weights = idf_weights
        self._is_given = vocabulary is not None
        self._tokens = np.empty(0, self._token_dtype)
        self._weights: np.ndarray | None = None
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            self._check_weights(idf_weights)
        self.built = True

    # -- the vocabulary -------------------------------------------------------------------------

    @property
    def _first_oov(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _first_token(self) -> int:
        return self._first_oov + self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their places.

        Args:
            include_special_tokens: begin with the mask token and those outside the vocabulary.
        """
        tokens = self._tokens.tolist()
        if not include_special_tokens or not tokens:
            return tokens
        return self._special_tokens() + tokens

    def _special_tokens(self) -> list[Any]:
        return [self.mask_token] * self._first_oov + [self.oov_token] * self.num_oov_indices

    @property
    def lacks_vocabulary(self) -> bool:
        """Whether the layer comes from a config that told how large its vocabulary is, and no
        more."""
        return not len(self._tokens) and (self._announced_size or 0) > self._first_token

    def vocabulary_size(self) -> int:
        """How many places there are, those of special tokens included."""
        if not len(self._tokens) and self._announced_size is not None:
            return self._announced_size
        return len(self._tokens) + self._first_token

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use a vocabulary that is known.

        Args:
            vocabulary: tokens, or the path of a text file with one in each line; with the special
                tokens in front, or without.
            idf_weights: with mode "tf_idf", the weight of each token.

        Raises:
            ValueError: it is empty, too long, has a token twice or a special token inside.
        """
        if isinstance(vocabulary, str | PathLike):
            if not path.isfile(vocabulary):
                raise ValueError(f"there is no vocabulary file {str(vocabulary)!r}")
            with open(vocabulary, encoding="utf-8") as file:
                lines = file.read().splitlines()
            vocabulary = np.array(lines).astype(self._token_dtype)
        given = values_of(vocabulary)
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"vocabulary must be a list of tokens. Received: {vocabulary!r}")
        self._check_weights(idf_weights)
        special = self._special_tokens()
        has_special = given[: len(special)].tolist() == special
        tokens = given[len(special) :] if has_special else given
        self._check_tokens(tokens)
        self._set_tokens(tokens)
        if idf_weights is not None:
            weights = np.asarray(idf_weights, dtype=floatx())
            if weights.shape != given.shape:
                raise ValueError(
                    "idf_weights must be as many as the vocabulary. "
                    f"Received: {weights.shape} for {given.shape}"
                )
            self._set_weights(weights, has_special)
        self._is_given = True

    def _check_weights(self, idf_weights: Any) -> None:
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(
                "a vocabulary needs idf_weights with output_mode='tf_idf', and only then. "
                f"Received: output_mode={self.output_mode!r}, idf_weights={idf_weights!r}"
            )

    def _check_tokens(self, tokens: np.ndarray) -> None:
        listed = tokens.tolist()
        twice = [t for t, count in Counter(listed).items() if count > 1]
        if twice:
            raise ValueError(f"vocabulary has tokens twice. Received: {twice}")
        for name, token in (("mask_token", self.mask_token), ("oov_token", self.oov_token)):
            inside = token is not None and token in listed
            if inside and (name == "mask_token" or self.invert):
                raise ValueError(
                    f"vocabulary holds the {name} in the middle: leave the special tokens out, or "
                    f"begin with {self._special_tokens()}. Received: {name}={token!r} at "
                    f"{listed.index(token)}"
                )
        if self.max_tokens is not None and len(listed) + self._first_token > self.max_tokens:
            raise ValueError(
                f"vocabulary is longer than max_tokens={self.max_tokens}. "
                f"Received: {len(listed) + self._first_token} tokens"
            )

    def _set_tokens(self, tokens: np.ndarray) -> None:
        self._tokens = tokens.astype(self._token_dtype)
        self._order = np.argsort(self._tokens, kind="stable")
        self._sorted = self._tokens[self._order]

    def _set_weights(self, weights: np.ndarray, has_special: bool) -> None:
        """Weights for all places: the mean for those outside the vocabulary, 0 for padding."""
        if not has_special:
            weights = np.concatenate([np.full(self._first_token, weights.mean()), weights])
        missing = (self.max_tokens or 0) - len(weights) if self.pad_to_max_tokens else 0
        self._weights = np.pad(weights, (0, missing)).astype(floatx())

    # -- learning it ----------------------------------------------------------------------------

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make the vocabulary from data: all tokens, the most frequent first, ties from last to
        first in sorted order; at most `max_tokens`.

        Args:
            data: array or list of tokens (samples, ...), or an iterator of such batches.
            steps: how many batches of an iterator to take.

        Raises:
            ValueError: the layer was given a vocabulary.
        """
        self.reset_state()
        if isinstance(data, list | tuple | Operators) or hasattr(data, "__array__"):
            values = values_of(data)
            self.update_state(values[:, None] if values.ndim == 1 else values)
        else:
            for number, batch in enumerate(data):
                if number == steps:
                    break
                self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch of documents; a vector is one document."""
        if self._is_given:
            raise ValueError(
                f"Layer {self.name!r} was given a vocabulary: there is nothing to adapt."
            )
        documents = np.atleast_2d(values_of(data))
        tokens, counts = np.unique(documents, return_counts=True)
        self._counts.update(dict(zip(tokens.tolist(), counts.tolist(), strict=True)))
        self._documents += len(documents)
        if self.output_mode == "tf_idf":
            for document in documents:
                self._documents_with.update(np.unique(document).tolist())

    def finalize_state(self) -> None:
        """Make the vocabulary from what was counted."""
        if self._is_given or not self._counts:
            return
        for special in (self.mask_token, self.oov_token):
            self._counts.pop(special, None)
        ranked = sorted(self._counts, key=lambda t: (self._counts[t], t), reverse=True)
        if self.max_tokens is not None:
            ranked = ranked[: self.max_tokens - self._first_token]
        self._set_tokens(np.array(ranked, dtype=self._token_dtype))
        if self.output_mode == "tf_idf":
            with_token = np.array([self._documents_with[t] for t in ranked])
            self._set_weights(np.log(1 + self._documents / (1 + with_token)), has_special=False)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget what was counted."""
        self._counts: Counter[Any] = Counter()
        self._documents_with: Counter[Any] = Counter()
        self._documents = 0

    # -- looking up -----------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        values = values_of(inputs)
        if self.invert:
            return self._tokens_at(values)
        return self._encode(self._places_of(values))

    @property
    def _depth(self) -> int:
        """The length of a vector that encodes places."""
        depth = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()
        assert depth is not None  # checked by the constructor
        return depth

    def _encode(self, places: Any) -> Any:
        depth = self._depth
        if self.output_mode != "tf_idf":
            return encode_categories(places, self.output_mode, depth, "int64")
        if self._weights is None:
            raise ValueError(
                f"Layer {self.name!r} has no idf_weights: call `adapt(data)` or `set_vocabulary`."
            )
        return encode_categories(places, "count", depth, floatx()) * self._weights

    def _places_of(self, tokens: np.ndarray) -> np.ndarray:
        """The place of each token, int64; in modes without a place for the mask, a huge number."""
        known = np.zeros(tokens.shape, dtype=bool)
        places = np.full(tokens.shape, self._first_oov, dtype="int64")
        if len(self._tokens):
            at = np.minimum(np.searchsorted(self._sorted, tokens), len(self._sorted) - 1)
            known = self._sorted[at] == tokens
            places = np.where(known, self._order[at] + self._first_token, places)
        masked = np.zeros_like(known) if self.mask_token is None else tokens == self.mask_token
        outside = ~known & ~masked
        if self.num_oov_indices == 0 and outside.any():
            raise ValueError(
                f"Layer {self.name!r} has no place for tokens outside its vocabulary: make it with "
                f"num_oov_indices=1. Received: {np.unique(tokens[outside])[:10].tolist()}"
            )
        if self.num_oov_indices > 1:
            places = np.where(outside, self._bins_of(tokens) + self._first_oov, places)
        hidden = 0 if self.output_mode == "int" else np.iinfo("int32").max
        return np.where(masked, hidden, places)

    def _bins_of(self, tokens: np.ndarray) -> np.ndarray:
        """Which of the places outside the vocabulary a token has."""
        if tokens.dtype.kind in "iu" and self.oov_method != "farmhash":
            return np.mod(tokens, self.num_oov_indices).astype("int64")
        return bins_of_each(tokens, self.num_oov_indices, self.salt)

    def _tokens_at(self, places: np.ndarray) -> Any:
        table = np.array([self.oov_token, *self._tokens.tolist()], dtype=self._token_dtype)
        rows = places.astype("int64") - self._first_token
        tokens = table[np.where((rows >= 0) & (rows < len(self._tokens)), rows + 1, 0)]
        if self.mask_token is None:
            return tokens
        return np.where(places == 0, np.array(self.mask_token, self._token_dtype), tokens)

    # -- configuration and files ----------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("vocabulary", "idf_weights"):
            if getattr(self, name) is not None:
                config[name] = np.asarray(getattr(self, name)).tolist()
        size = self.vocabulary_size() if len(self._tokens) else self._announced_size
        return config | {"vocabulary_size": size}

    def get_whole_config(self) -> dict[str, Any]:
        """The config with a vocabulary that is otherwise stored beside it."""
        config = self.get_config()
        if len(self._tokens):
            config["vocabulary"] = self.get_vocabulary()
            if self._weights is not None:
                config["idf_weights"] = self._weights[: self.vocabulary_size()].tolist()
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """A new one from `get_config()`, with the vocabulary that the constructor was given."""
        apart = ("vocabulary_size", "has_input_vocabulary")
        layer = super().from_config({k: v for k, v in config.items() if k not in apart})
        size = layer._announced_size = config.get("vocabulary_size")
        if size is not None:
            take(layer.name, "vocabulary", (size,))
        if layer.output_mode == "tf_idf" and layer.lacks_vocabulary:
            layer._weights = np.full(layer._depth, np.nan, floatx())  # a file brings them later
        return layer

    def save_own_variables(self, store: Any) -> None:
        """Put the weights of mode "tf_idf" into a mapping, as Keras does."""
        if self._weights is not None:
            store["idf_weights"] = self._weights

    def load_own_variables(self, store: Any) -> None:
        """The inverse of `save_own_variables`."""
        if self.output_mode == "tf_idf":
            self._weights = np.asarray(store["idf_weights"], dtype=floatx())

    def save_assets(self, dir_path: str | PathLike[str]) -> None:
        """Write a vocabulary that the config does not hold to `vocabulary.txt` in a folder."""
        if self.vocabulary is None:
            text = "\n".join(map(str, self.get_vocabulary()))
            with open(path.join(dir_path, "vocabulary.txt"), "w", encoding="utf-8") as file:
                file.write(text)

    def load_assets(self, dir_path: str | PathLike[str]) -> None:
        """The inverse of `save_assets`."""
        if self.vocabulary is not None:
            return
        with open(path.join(dir_path, "vocabulary.txt"), encoding="utf-8") as file:
            text = file.read()
        if text:
            lines = text.split("\n")[self._first_token :]
            self._set_tokens(np.array(lines).astype(self._token_dtype))
