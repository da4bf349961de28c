# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from typing import Any

from pronghorn import constraints, initializers, ops, regularizers
from pronghorn.layers.layer import Layer


class Embedding(Layer):
    """A vector for each whole number: row x of a matrix that is learned.

    Args:
        input_dim: how many numbers there are: 0, ..., input_dim - 1.
        output_dim: size of the vectors.
        embeddings_initializer: of the matrix (input_dim, output_dim).
        embeddings_regularizer: penalty added to the loss.
        embeddings_constraint: applied after each update.
        mask_zero: whether 0 stands for a missing number and is masked.
        weights: the matrix to begin with.

    Raises:
        ValueError: input_dim or output_dim is not a positive int.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Embedding(3, 2, weights=np.array([[0, 0], [1, 10], [2, 20]]))
    >>> layer(np.array([[2, 1]])).numpy().tolist()
    [[[2.0, 20.0], [1.0, 10.0]]]
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn(
                "`input_length` is not needed any more: leave it out.",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__init__(**kwargs)
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(value, bool) or not hasattr(value, "__index__") or value <= 0:
                raise ValueError(f"{name} must be a positive int. Received: {name}={value!r}")
        self.input_dim, self.output_dim = int(input_dim), int(output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = mask_zero
        self.autocast = False  # casting would round large numbers
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.take(self.embeddings, inputs, axis=0)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weights"]  # are stored with all weights
        return config
