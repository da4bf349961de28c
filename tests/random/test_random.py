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


N = 100_000


@pytest.mark.parametrize("alpha", [0.3, 1.0, 4.5])
def test_gamma_has_its_moments(alpha: float) -> None:
    x = keras.random.gamma((N,), alpha, dtype="float64", seed=3).numpy()
    assert (x > 0).all()
    # Mean and variance are alpha; the fourth central moment is 3 alpha^2 + 6 alpha.
    assert abs(x.mean() - alpha) < 5 * np.sqrt(alpha / N)
    assert abs(x.var() - alpha) < 5 * np.sqrt((2 * alpha**2 + 6 * alpha) / N)


def test_beta_has_its_mean_for_each_element() -> None:
    a, b = np.array([0.5, 2.0, 5.0]), np.array([[1.0], [3.0]])
    x = keras.random.beta((N, 2, 3), a, b, seed=3).numpy()
    mean = a / (a + b)
    deviation = np.sqrt(mean * (1 - mean) / (a + b + 1) / N)
    assert (np.abs(x.mean(0) - mean) < 5 * deviation).all()
    assert ((x >= 0) & (x <= 1)).all()


def test_binomial_counts_successes() -> None:
    counts, p = np.array([0, 1, 12]), np.array([0.5, 0.9, 0.25])
    x = keras.random.binomial((N, 3), counts, p, seed=3).numpy()
    assert (x == np.round(x)).all()
    assert ((x >= 0) & (x <= counts)).all()
    deviation = np.sqrt(counts * p * (1 - p) / N)
    assert (np.abs(x.mean(0) - counts * p) <= 5 * deviation).all()


def test_categorical_draws_classes_with_their_probabilities() -> None:
    p = np.array([[0.1, 0.0, 0.9], [0.25, 0.5, 0.25]])
    with np.errstate(divide="ignore"):
        x = keras.random.categorical(np.log(p), N, seed=3).numpy()
    assert x.shape == (2, N)
    assert x.dtype == "int32"
    shares = np.stack([(x == c).mean(1) for c in range(3)], 1)
    assert (np.abs(shares - p) <= 5 * np.sqrt(p * (1 - p) / N)).all()


def test_a_model_draws_anew_in_every_call() -> None:
    class Noise(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seeds = keras.random.SeedGenerator(1)

        def call(self, x):
            return x * keras.random.gamma((4, 1), 2.0, seed=self.seeds)

    model = keras.Sequential([keras.Input(batch_shape=(4, 1)), Noise()])
    first, second = (model.predict(np.ones((4, 1)), verbose=0) for _ in range(2))
    assert (first != second).all()
