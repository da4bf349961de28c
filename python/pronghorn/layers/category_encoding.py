# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.layers._categories import checked_mode, encode_categories
from pronghorn.layers.layer import Layer


class CategoryEncoding(Layer):
    """Class numbers as vectors of 0 and 1, or of counts.

    Args:
        num_tokens: how many classes there are; numbers outside of [0, num_tokens) are no class.
        output_mode: "one_hot": a vector for each number; "multi_hot": one for each sample, with 1
            for the classes it has; "count": with how often it has them.
        sparse: must be False.

    Call arguments:
        inputs: ints, (samples,) or (samples, n).
        count_weights: what each counts in mode "count", of the shape of the inputs.

    Raises:
        ValueError: `num_tokens` is not a positive int, or an unknown mode.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.CategoryEncoding(3, output_mode="count")
    >>> layer(np.array([[0, 2, 2]])).numpy().tolist()
    [[1.0, 0.0, 2.0]]
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(num_tokens, int) or num_tokens < 1:
            raise ValueError(f"num_tokens must be a positive int. Received: {num_tokens=}")
        self.num_tokens = num_tokens
        self.output_mode = checked_mode(output_mode, ("one_hot", "multi_hot", "count"), sparse)
        self.sparse = sparse

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                "count_weights are for output_mode='count'. "
                f"Received: output_mode={self.output_mode!r}"
            )
        return encode_categories(
            inputs, self.output_mode, self.num_tokens, self.dtype, count_weights
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse"]  # as Keras, which does not write it
        return config
