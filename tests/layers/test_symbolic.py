# SPDX-License-Identifier: Apache-2.0
"""What a functional model knows of results whose size depends on the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops


def row_numbers(x: Any) -> Any:
    return x + ops.expand_dims(ops.cast(ops.arange(ops.shape(x)[0]), "float32"), 1)


@pytest.mark.parametrize(
    ("function", "declared", "computed"),
    [
        (lambda x: x + ops.zeros(ops.shape(x)), (None, 4), (3, 4)),
        (lambda x: x + ops.ones((x.shape[0], 1)), (None, 4), (3, 4)),
        (lambda x: ops.reshape(x, (2 * x.shape[0], 2)), (None, 2), (6, 2)),
        (lambda x: ops.reshape(x, (x.shape[0], 2, 2)), (None, 2, 2), (3, 2, 2)),
        (lambda x: x / ops.size(x), (None, 4), (3, 4)),
        (lambda x: x + keras.random.normal(ops.shape(x), seed=1), (None, 4), (3, 4)),
        (row_numbers, (None, 4), (3, 4)),
    ],
)
def test_a_layer_may_compute_with_the_size_of_the_batch(
    function: Callable[[Any], Any], declared: tuple[Any, ...], computed: tuple[int, ...]
) -> None:
    inputs = keras.Input((4,))
    outputs = keras.layers.Lambda(function)(inputs)
    assert outputs.shape == declared
    assert keras.layers.Lambda(function).compute_output_shape((None, 4)) == declared
    assert keras.Model(inputs, outputs)(np.ones((3, 4))).shape == computed


def test_a_mask_is_declared_in_the_shape_of_the_batch() -> None:
    inputs = keras.Input((5,), dtype="int32")
    embedded = keras.layers.Embedding(7, 2, mask_zero=True)(inputs)
    outputs = keras.layers.Activation(lambda x: x * ops.ones(ops.shape(x)))(embedded)
    assert outputs._keras_mask.shape == (None, 5)


def test_an_error_of_the_layer_itself_is_told_as_it_is() -> None:
    def adds_text(x: Any) -> Any:
        return x + len(None)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="NoneType"):
        keras.layers.Lambda(adds_text)(keras.Input((4,)))
