# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronghorn.utils import set_random_seed, split

SIZES = st.sampled_from([(0.8, 0.2), (0.5, 0.5), (0.6, 0.2, 0.2), (0.7, 0.1), (0.3, 0.3, 0.3, 0.1)])


@given(st.integers(20, 300), SIZES, st.booleans(), st.booleans())
def test_every_row_is_in_one_part_at_most_and_parts_have_their_sizes(rows, sizes, mix, stratified):
    y = np.arange(rows) % 3
    parts = split(np.arange(rows), sizes, mix, stratify=y if stratified else None)
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert len(together) == round(sum(sizes) * rows)
    for part, size in zip(parts, sizes, strict=True):
        assert abs(len(part) - size * rows) <= 1
        if not mix:
            assert (np.diff(part) > 0).all()


@given(st.lists(st.integers(0, 4), min_size=30, max_size=200), SIZES)
def test_each_part_has_its_share_of_every_class_to_a_row(labels, sizes):
    y = np.array(labels)
    for part in split(y, sizes, stratify=y):
        for label in np.unique(y):
            expected = len(part) * np.mean(y == label)
            assert abs(np.sum(part == label) - expected) < 2


def test_numbers_are_shared_out_over_their_whole_range():
    y = np.random.default_rng(0).lognormal(size=1000)
    train, test = split(y, (0.9, 0.1), stratify=y)
    for quantile in (0.1, 0.5, 0.9):
        assert np.mean(test <= np.quantile(y, quantile)) == pytest.approx(quantile, abs=0.015)
    assert len(train) == 900


def test_classes_may_be_text_or_one_hot_rows():
    names = np.array(["cat"] * 90 + ["dog"] * 10)
    one_hot = np.eye(2)[(names == "dog").astype(int)]
    for stratify in (names, one_hot, list(names)):
        _, test = split(names, (0.8, 0.2), stratify=stratify)
        assert np.sum(test == "dog") == 2


def test_structures_are_kept_and_rows_stay_together():
    x = np.arange(20).reshape(10, 2)
    data = ({"a": x, "b": x + 100}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    (train, y), (test, _) = split(data, (0.5, 0.5))
    np.testing.assert_array_equal(train["b"], train["a"] + 100)
    np.testing.assert_array_equal(train["a"][:, 0], 2 * y)
    assert test["a"].shape == (5, 2)


def test_data_frames_stay_data_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": list("abcdefghij"), "number": range(10)})
    train, test = split(frame, (8, 2), seed=1)
    assert list(train.columns) == ["text", "number"]
    assert sorted([*train.number, *test.number]) == list(range(10))


def test_numbers_of_rows_and_shares_may_be_mixed():
    assert [len(part) for part in split(np.arange(100), (0.5, 30, 20))] == [50, 30, 20]


def test_mixing_is_repeatable():
    first, second = (split(np.arange(50), seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (first != split(np.arange(50), seed=4)[0]).any()
    by_library = []
    for _ in range(2):
        set_random_seed(5)
        by_library.append(split(np.arange(50))[0])
    np.testing.assert_array_equal(*by_library)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (0.9, 0.2)}, "10 rows for the parts"),
        ({"sizes": (0.99, 0.01)}, "would be empty"),
        ({"sizes": (1.5,)}, "must be shares"),
        ({"sizes": ()}, "rows for the parts"),
        ({"stratify": [0, 1]}, "`stratify` must have a class or number for each of the 10 rows"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        split(np.arange(10), **arguments)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ValueError, match="same number of rows"):
        split((np.arange(10), np.arange(9)))
