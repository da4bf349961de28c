# SPDX-License-Identifier: Apache-2.0
"""The data sets inside the package."""

from __future__ import annotations

import numpy as np
import pytest

from pronghorn.datasets import digits, iris

DATASETS = pytest.mark.parametrize(
    ("dataset", "shape", "dtype", "rows", "classes"),
    [(digits, (8, 8), np.uint8, 1797, 10), (iris, (4,), np.float32, 150, 3)],
)


@DATASETS
def test_shapes_dtypes_and_sizes_are_as_documented(dataset, shape, dtype, rows, classes):
    (x_train, y_train), (x_test, y_test) = dataset.load_data()
    assert x_train.shape[1:] == x_test.shape[1:] == shape
    assert x_train.dtype == x_test.dtype == dtype
    assert y_train.dtype == y_test.dtype == np.uint8
    assert len(x_train) == len(y_train) == int(rows * 0.8)
    assert len(x_train) + len(x_test) == rows
    assert set(y_train) == set(y_test) == set(range(classes))


@DATASETS
def test_classes_are_as_frequent_in_both_parts(dataset, shape, dtype, rows, classes):
    (_, y_train), (_, y_test) = dataset.load_data(test_split=0.3, seed=1)
    whole = np.bincount(y_train) + np.bincount(y_test)
    exact = whole * len(y_test) / rows
    assert np.all(np.abs(np.bincount(y_test) - exact) < 1)


@DATASETS
def test_the_seed_fixes_the_division(dataset, shape, dtype, rows, classes):
    first, second, other = (dataset.load_data(seed=seed)[1][0] for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@DATASETS
def test_nothing_is_lost_or_doubled(dataset, shape, dtype, rows, classes):
    (everything, _), (nothing, _) = dataset.load_data(test_split=0)
    assert len(nothing) == 0
    (x_train, _), (x_test, _) = dataset.load_data(test_split=0.4)
    parts = np.concatenate([x_train, x_test]).reshape(rows, -1)
    everything = everything.reshape(rows, -1)
    assert np.array_equal(parts[np.lexsort(parts.T)], everything[np.lexsort(everything.T)])


def test_digit_pixels_go_from_0_to_16():
    (x_train, _), _ = digits.load_data()
    assert (x_train.min(), x_train.max()) == (0, 16)


def test_irises_have_the_means_of_fishers_paper():
    (x, y), _ = iris.load_data(test_split=0)
    setosa_and_versicolor = [x[y == species].mean(axis=0) for species in (0, 1)]
    assert np.allclose(
        setosa_and_versicolor, [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326]]
    )


@pytest.mark.parametrize("test_split", [-0.1, 1, 1.5, float("nan")])
def test_a_fraction_outside_of_0_to_1_is_refused(test_split):
    with pytest.raises(ValueError, match="test_split"):
        digits.load_data(test_split=test_split)


def test_the_files_are_those_of_scikit_learn():
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    for dataset, loaded in (
        (digits, sklearn_datasets.load_digits().images),
        (iris, sklearn_datasets.load_iris().data),
    ):
        (x, _), _ = dataset.load_data(test_split=0)
        order = np.arange(len(loaded))
        np.random.RandomState(42).shuffle(order)
        assert np.allclose(x, loaded[order])
