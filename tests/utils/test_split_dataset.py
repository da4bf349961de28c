# SPDX-License-Identifier: Apache-2.0
"""Sizes are compared with Keras in `test_keras_behaviour.py`."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

split = keras.utils.split_dataset


def test_rows_stay_together_and_none_is_lost():
    data = {"x": np.arange(20).reshape(10, 2), "y": np.arange(0, 20, 2)}
    left, right = split(data, left_size=0.7, shuffle=True, seed=3)
    assert (len(left["x"]), len(right["y"])) == (7, 3)
    for part in (left, right):
        np.testing.assert_array_equal(part["x"][:, 0], part["y"])
    together = np.concatenate([left["y"], right["y"]])
    assert sorted(together) == data["y"].tolist()
    assert together.tolist() != data["y"].tolist()


def test_a_seed_repeats_and_the_global_seed_too():
    def shuffled(**arguments):
        return split(np.arange(50), left_size=25, shuffle=True, **arguments)[0].tolist()

    assert shuffled(seed=1) == shuffled(seed=1) != shuffled(seed=2)
    keras.utils.set_random_seed(5)
    first = shuffled()
    assert shuffled() != first
    keras.utils.set_random_seed(5)
    assert shuffled() == first


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"left_size": 0},
        {"left_size": 1.0},
        {"left_size": -0.5},
        {"right_size": True},
        {"right_size": "half"},
        {"left_size": 10},
        {"left_size": 6, "right_size": 5},
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match="size"):
        split(np.arange(10), **sizes)
