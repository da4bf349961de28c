# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.training.validation_tail import _chance_of_share, warn_if_tail_differs

RANDOM = np.random.default_rng(0)


def cut(y, share):
    at = int(len(y) * (1 - share))
    warn_if_tail_differs(y[:at], y[at:], share)


SORTED = {
    "classes": np.repeat([0, 1, 2], 50),
    "ten classes": np.repeat(np.arange(10), 100),
    "negative classes": np.repeat([-1, 1], 100),
    "column": np.repeat([0, 1, 2], 50)[:, None],
    "booleans": np.repeat([False, True], 100),
    "one-hot": np.eye(3, dtype="float32")[np.repeat([0, 1, 2], 50)],
    "numbers": np.sort(RANDOM.lognormal(size=500)),
    "floats that are classes": np.repeat([0.0, 1.0], 100),
    "second column": np.stack([RANDOM.normal(size=300), np.arange(300.0)], axis=1),
    "counts": np.sort(RANDOM.poisson(2000, size=300)),
}


@pytest.mark.parametrize("name", SORTED)
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_sorted_targets_are_told(name, share):
    with pytest.warns(UserWarning, match="before any shuffling, and they differ"):
        cut(SORTED[name], share)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.33, 0.5])
@pytest.mark.parametrize(
    "draw",
    [
        lambda n: RANDOM.integers(0, 10, n),
        lambda n: RANDOM.integers(0, 2, n),
        lambda n: (RANDOM.random(n) < 0.02).astype(int),
        lambda n: RANDOM.geometric(0.2, n),
        lambda n: RANDOM.normal(size=n),
        lambda n: RANDOM.standard_cauchy(n),
        lambda n: np.where(RANDOM.random(n) < 0.9, 0.0, RANDOM.lognormal(sigma=3, size=n)),
        lambda n: np.eye(5)[RANDOM.integers(0, 5, n)],
        lambda n: RANDOM.random((n, 3)) < [0.01, 0.5, 0.99],
    ],
)
def test_random_targets_are_not(draw, share):
    """A false alarm in 10**5 at most; each case draws 80 times, with seeds that are fixed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rows in (10, 30, 100, 1000):
            for _ in range(20):
                cut(draw(rows), share)


def test_a_small_drift_is_not():
    """Clear by its standard error, but no medium effect."""
    y = RANDOM.normal(size=100_000)
    y[80_000:] += 0.2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cut(y, 0.2)


def test_it_says_what_differs():
    with pytest.warns(UserWarning, match="the last 30 of 150 rows") as caught:
        cut(np.repeat([0, 1, 2], 50), 0.2)
    message = str(caught[0].message)
    assert "class 2 makes up 100% of them and 17% of the others" in message
    with pytest.warns(UserWarning, match="their mean is 89.5, that of the others 39.5"):
        cut(np.arange(100.0), 0.2)


def test_fit_warns_where_it_is_called_and_only_if_it_splits():
    x = np.zeros((200, 2))
    y = np.repeat([0, 1], 100)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match="validation_split=0.2") as caught:
        model.fit(x, y, validation_split=0.2, verbose=0)
    assert caught[0].filename == __file__
    model.fit(x, y, validation_data=(x, y), verbose=0)


@pytest.mark.parametrize(
    ("marked", "among", "drawn", "found", "chance"),
    # The lady tasting tea: 4 of 8 cups, all found; by counting, 1 / 70, and as much on the other
    # side. Then 3 or more of 4, (16 + 1) / 70; and none of 5 marked in a draw of 5 out of 10.
    [(4, 8, 4, 4, 2 / 70), (4, 8, 4, 3, 34 / 70), (5, 10, 5, 0, 2 / 252)],
)
def test_the_chance_is_that_of_fishers_exact_test(marked, among, drawn, found, chance):
    head = np.arange(among - drawn) < marked - found
    tail = np.arange(drawn) < found
    assert _chance_of_share(head, tail) == pytest.approx(chance)
