# SPDX-License-Identifier: Apache-2.0
"""Random numbers: repeatable, evenly spread, and of the right shape."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras


def test_a_seed_repeats_and_a_generator_moves_on() -> None:
    first = keras.random.uniform((100,), seed=5).numpy()
    np.testing.assert_array_equal(first, keras.random.uniform((100,), seed=5).numpy())
    generator = keras.random.SeedGenerator(5)
    a, b = (keras.random.uniform((100,), seed=generator).numpy() for _ in range(2))
    np.testing.assert_array_equal(a, first)
    assert (a != b).all()


def test_set_random_seed_repeats_everything() -> None:
    def draw():
        keras.utils.set_random_seed(3)
        return keras.random.normal((50,)).numpy(), keras.layers.Dense(4)(np.ones((1, 3))).numpy()

    for a, b in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_distributions_have_their_moments() -> None:
    n = 200_000
    uniform = keras.random.uniform((n,), -1.0, 3.0, seed=1).numpy()
    normal = keras.random.normal((n,), 2.0, 0.5, seed=2).numpy()
    truncated = keras.random.truncated_normal((n,), seed=3).numpy()
    # Five standard errors of the mean of n draws.
    assert abs(uniform.mean() - 1.0) < 5 * uniform.std() / np.sqrt(n)
    assert uniform.min() >= -1
    assert uniform.max() < 3
    assert abs(normal.mean() - 2.0) < 5 * 0.5 / np.sqrt(n)
    assert abs(normal.std() - 0.5) < 5 * 0.5 / np.sqrt(2 * n)
    assert np.abs(truncated).max() <= 2
    # The standard deviation of a normal cut at two.
    assert abs(truncated.std() - 0.8796256610342398) < 0.01


def test_dropout_zeroes_the_right_share_and_keeps_the_mean() -> None:
    x = np.ones((400, 500), "float32")
    y = keras.random.dropout(x, 0.3, seed=1).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 5 * np.sqrt(0.21 / x.size)


def test_dropout_of_whole_rows() -> None:
    y = keras.random.dropout(
        np.ones((50, 20), "float32"), 0.5, noise_shape=(None, 1), seed=2
    ).numpy()
    assert ((y == 0).all(1) | (y > 0).all(1)).all()


def test_shuffle_is_a_permutation() -> None:
    x = np.arange(50, dtype="int32")
    assert sorted(keras.random.shuffle(x, seed=1).numpy()) == list(x)


@pytest.mark.parametrize("seed", ["a", 1.5, True])
def test_bad_seeds_are_refused(seed) -> None:
    with pytest.raises(ValueError, match="seed"):
        keras.random.uniform((2,), seed=seed)
