# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn import ops
from pronghorn.layers.embedding import Embedding


class ReversibleEmbedding(Embedding):
    """An `Embedding` that can also score each number for a vector: reverse(y) = y E^T.

    Args:
        input_dim: how many numbers there are: 0, ..., input_dim - 1.
        output_dim: size of the vectors.
        tie_weights: whether both directions share the matrix E; else the way back has one of its
            own, (output_dim, input_dim).
        embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as of
            `Embedding`.
        reverse_dtype: dtype of the way back, that of the layer by default.
        logit_soft_cap: c: the scores become c tanh(scores / c).

    Reference: Press and Wolf, "Using the output embedding to improve language models", 2017.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.ReversibleEmbedding(10, 3)
    >>> vectors = layer(np.array([[1, 2]]))
    >>> layer(vectors, reverse=True).shape
    (1, 2, 10)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim),
                self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return super().call(inputs)
        dtype = self.reverse_dtype or self.compute_dtype
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        scores = ops.matmul(ops.cast(inputs, dtype), ops.cast(kernel, dtype))
        cap = self.logit_soft_cap
        return scores if cap is None else cap * ops.tanh(scores / cap)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        # Numbers are looked up, vectors are scored.
        if str(inputs.dtype).startswith("float") and inputs.shape[-1:] == (self.output_dim,):
            return previous_mask
        return super().compute_mask(inputs, previous_mask)
