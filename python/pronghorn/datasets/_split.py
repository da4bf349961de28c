# SPDX-License-Identifier: Apache-2.0
"""Repeatable divisions of a data set into a training and a test part."""

from __future__ import annotations

import numpy as np

Split = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Split:
    """Shuffles the rows and keeps the last `test_split` of them for testing, as Keras does.

    `numpy.random.RandomState` is used because its stream is frozen: the same seed gives the same
    rows with every version of NumPy, and the rows that `keras.datasets` gives.
    """
    _check(test_split)
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    train_rows = int(len(x) * (1 - test_split))
    train, test = order[:train_rows], order[train_rows:]
    return (x[train], y[train]), (x[test], y[test])


def stratified_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Split:
    """Like `shuffled_split`, with the classes of `y` in both parts as often as in the whole.

    The number of test rows is the same as there; each class gets its share rounded down, and the
    rows still missing go to the classes with the largest remainders.
    """
    _check(test_split)
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    test_rows = len(x) - int(len(x) * (1 - test_split))

    _, members = np.unique(y, return_counts=True)
    share = members * (test_rows / len(x))
    wanted = np.floor(share).astype(int)
    largest = np.argsort(wanted - share, kind="stable")
    wanted[largest[: test_rows - wanted.sum()]] += 1

    in_test = np.zeros(len(x), dtype=bool)
    for label, count in zip(np.unique(y), wanted, strict=True):
        in_test[order[y[order] == label][:count]] = True
    train, test = order[~in_test[order]], order[in_test[order]]
    return (x[train], y[train]), (x[test], y[test])


def _check(test_split: float) -> None:
    if not 0 <= test_split < 1:
        raise ValueError(
            "`test_split` is the fraction of rows kept for testing: 0 or more and less than 1. "
            f"Received: test_split={test_split}"
        )
