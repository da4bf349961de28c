# SPDX-License-Identifier: Apache-2.0
"""Warns when the rows that `validation_split` cuts off are unlike the rest, as in sorted data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pronghorn._structure import flatten
from pronghorn._warnings import warn

# Two parts differ clearly if their means are half a standard deviation apart, a medium effect
# (Cohen, "Statistical power analysis for the behavioral sciences", 1988), and mixed rows would be
# so far apart less than once in 100,000 times: by Fisher's exact test where classes are counted,
# by 4.42 standard errors of the normal distribution where ranks are compared.
_MEDIUM_EFFECT = 0.5
_BY_CHANCE = 1e-5
_STANDARD_ERRORS = 4.42

_MOST_CLASSES = 1000  # integers of a wider range are numbers
_MOST_ROWS = 10_000  # of each part that are looked at
_MOST_COLUMNS = 16


def warn_if_tail_differs(head: Any, tail: Any, share: float) -> None:
    """Compares the targets of the rows kept for validation with those of the others.

    Args:
        head, tail: targets, a structure of arrays or None.
        share: `validation_split`, for the message.
    """
    for before, after in zip(flatten(head), flatten(tail), strict=True):
        rows = len(before), len(after)
        found = _difference(_some_rows(before), _some_rows(after))
        if found:
            warn(
                f"`validation_split={share}` keeps the last {rows[1]:,} of {sum(rows):,} rows for "
                f"validation, before any shuffling, and they differ from the others: {found}. If "
                "the rows are sorted, mix them first (`keras.utils.split` can also keep the "
                "shares of the classes), or pass `validation_data`."
            )
            return


def _some_rows(array: np.ndarray) -> np.ndarray:
    """Rows at even distances, as columns."""
    step = -(-len(array) // _MOST_ROWS)
    return array[::step].reshape(len(array[::step]), -1)[:, :_MOST_CLASSES]


def _difference(head: np.ndarray, tail: np.ndarray) -> str:
    """What differs clearly, in words; "" if nothing does."""
    if head.dtype.kind not in "biuf":
        return ""
    if head.shape[1] > 1 and _is_one_hot(head) and _is_one_hot(tail):
        return _difference_of_classes(head.argmax(axis=1), tail.argmax(axis=1))
    for a, b in list(zip(head.T, tail.T, strict=True))[:_MOST_COLUMNS]:
        found = ""
        if a.dtype.kind in "biu":
            low, high = int(min(a.min(), b.min())), int(max(a.max(), b.max()))
            if high - low < _MOST_CLASSES:
                found = _difference_of_classes(a.astype(int) - low, b.astype(int) - low, low)
        found = found or _difference_of_numbers(a.astype(float), b.astype(float))
        if found:
            return found
    return ""


def _is_one_hot(array: np.ndarray) -> bool:
    for part in (array[:50], array):  # few rows tell most others
        if not ((part == 0) | (part == 1)).all() or not (part.sum(axis=1) == 1).all():
            return False
    return True


def _difference_of_classes(head: np.ndarray, tail: np.ndarray, first: int = 0) -> str:
    size = int(max(head.max(), tail.max())) + 1
    counts = np.stack([np.bincount(part, minlength=size) for part in (head, tail)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0) / counts.sum()
    deviation = np.sqrt(overall * (1.0 - overall))
    effects = np.abs(shares[0] - shares[1]) / np.where(deviation > 0, deviation, 1.0)
    worst, classes = int(effects.argmax()), int((overall > 0).sum())
    if effects[worst] < _MEDIUM_EFFECT:
        return ""
    chance = _chance_of_share(head == worst, tail == worst)
    if chance * classes > _BY_CHANCE:
        return ""
    return (
        f"class {worst + first} makes up {shares[1][worst]:.0%} of them and "
        f"{shares[0][worst]:.0%} of the others"
    )


def _difference_of_numbers(head: np.ndarray, tail: np.ndarray) -> str:
    """By ranks (Mann and Whitney, 1947), which single large values do not move."""
    values = np.concatenate([head, tail])
    if not np.isfinite(values).all():
        return ""
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]  # equal values share theirs
    deviation = ranks.std() or 1.0
    effect = abs(ranks[: len(head)].mean() - ranks[len(head) :].mean()) / deviation
    if effect < _MEDIUM_EFFECT:
        return ""
    if counts.max() > len(values) / 2:  # nearly a class, for which ranks are not normal
        common = distinct[counts.argmax()]
        if 2 * _chance_of_share(head == common, tail == common) > _BY_CHANCE:
            return ""
    elif effect * math.sqrt(len(head) * len(tail) / len(values)) < _STANDARD_ERRORS:
        return ""
    return f"their mean is {tail.mean():.4g}, that of the others {head.mean():.4g}"


def _chance_of_share(head: np.ndarray, tail: np.ndarray) -> float:
    """How often mixed rows would share out the marked ones as unevenly (Fisher, 1935)."""
    n, drawn = len(head) + len(tail), len(tail)
    marked, found = int(head.sum() + tail.sum()), int(tail.sum())

    def log_choose(a: int, b: int) -> float:
        return math.lgamma(a + 1) - math.lgamma(b + 1) - math.lgamma(a - b + 1)

    whole = log_choose(n, drawn)
    if found * n > marked * drawn:  # more than their share
        range_ = range(found, min(marked, drawn) + 1)
    else:
        range_ = range(max(0, marked + drawn - n), found + 1)
    terms = (log_choose(marked, k) + log_choose(n - marked, drawn - k) - whole for k in range_)
    return 2.0 * sum(map(math.exp, terms))
