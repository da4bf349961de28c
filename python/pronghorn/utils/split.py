# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn._structure import flatten, map_leaves


def split(
    data: Any,
    sizes: Sequence[float | int] = (0.8, 0.2),
    shuffle: bool = True,
    stratify: Any = None,
    seed: int | None = None,
) -> tuple[Any, ...]:
    """Splits data along the rows: for training and testing, or for validation too.

    Args:
        data: An array or data frame, or a list, tuple or dict of them with the same number of rows.
        sizes: How much goes into each part: shares (floats in (0, 1)) or numbers of rows.
        shuffle: Whether to mix the rows. Without, a part has the rows in their order; and unless
            they are stratified, the first part has the first.
        stratify: Classes or numbers `(n,)`, or one-hot `(n, k)`, usually the targets: each part
            gets its share of every class, to a row, and of small and large numbers alike.
        seed: Makes the mixing repeatable; by default it follows `keras.utils.set_random_seed`.

    Returns:
        The parts, each in the structure of `data`. Data frames stay data frames.

    Raises:
        ValueError: If a size is no share and no number of rows, a part would be empty, there are
            too few rows, or the numbers of rows differ.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> x, y = np.zeros((100, 3)), np.repeat([0, 1], [90, 10])
    >>> train, valid, test = keras.utils.split((x, y), (0.6, 0.2, 0.2), stratify=y, seed=0)
    >>> [(len(x), int(y.sum())) for x, y in (train, valid, test)]
    [(60, 6), (20, 2), (20, 2)]
    """
    arrays = _arrays(data)
    rows = _rows(arrays)
    counts = _counts(sizes, rows)
    order = np.arange(rows)
    if shuffle:
        shuffled(order, seed)
    if stratify is None:
        parts = np.split(order, np.cumsum(counts))[: len(counts)]
    else:
        parts = _strata(_keys(stratify, rows)[order], counts)
        parts = [order[part] for part in parts]
        if shuffle:  # they come sorted
            parts = [shuffled(part, None if seed is None else seed + 1) for part in parts]
        else:
            parts = [np.sort(part) for part in parts]

    def taken(rows: np.ndarray) -> Any:
        return map_leaves(lambda leaf: _take(leaf, rows), arrays)

    return tuple(map(taken, parts))


def shuffled(order: np.ndarray, seed: int | None) -> np.ndarray:
    """`order` itself, mixed; without a seed by the library's random numbers."""
    from pronghorn.random.seed_generator import global_generator

    np.random.default_rng(global_generator().integer() if seed is None else seed).shuffle(order)
    return order


def _strata(keys: np.ndarray, counts: list[int]) -> list[np.ndarray]:
    """Rows for each part, such that every run of equal or similar keys is shared out evenly.

    Along the sorted rows the places of each part lie at even distances (systematic sampling).
    """
    ascending = np.argsort(keys, kind="stable")
    left = len(keys) - sum(counts)
    every = [*counts, *([left] if left else [])]
    places = np.concatenate([(np.arange(count) + 0.5) / count for count in every])
    owner = np.repeat(np.arange(len(every)), every)[np.argsort(places, kind="stable")]
    return [ascending[owner == part] for part in range(len(counts))]


def _keys(stratify: Any, rows: int) -> np.ndarray:
    keys = np.asarray(stratify)
    if keys.ndim == 2:
        keys = keys.argmax(axis=1) if keys.shape[1] > 1 else keys[:, 0]
    if keys.shape != (rows,):
        raise ValueError(
            f"`stratify` must have a class or number for each of the {rows} rows. "
            f"Received: shape {np.shape(stratify)}"
        )
    return np.unique(keys, return_inverse=True)[1]


def _counts(sizes: Sequence[float | int], rows: int) -> list[int]:
    """Shares as numbers of rows; if they leave nothing over, no row is lost to rounding."""
    counts: list[int] = []
    for size in sizes:
        number = isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0
        if not number and not (isinstance(size, float) and 0 < size < 1):
            raise ValueError(
                "`sizes` must be shares, floats between 0 and 1, or positive numbers of rows. "
                f"Received: {size!r} in sizes={sizes!r}"
            )
    shares = [float(size) if isinstance(size, float) else int(size) / rows for size in sizes]
    if not shares or sum(shares) > 1 + 1e-9:
        raise ValueError(f"There are {rows} rows for the parts. Received: sizes={sizes!r}")
    ends = np.rint(np.cumsum(shares) * rows).astype(int)
    counts = np.diff(ends, prepend=0).tolist()
    if min(counts) < 1:
        raise ValueError(f"A part of {rows} rows would be empty. Received: sizes={sizes!r}")
    return counts


def _arrays(data: Any) -> Any:
    """What has rows stays; lists of plain values become arrays."""
    if isinstance(data, dict):
        return {key: _arrays(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        several = isinstance(data, tuple) and any(isinstance(part, list) for part in data)
        if several or any(hasattr(leaf, "shape") for leaf in flatten(data)):
            parts = [_arrays(value) for value in data]
            return tuple(parts) if isinstance(data, tuple) else parts
        return np.asarray(data)
    return data if hasattr(data, "shape") else np.asarray(data)


def _rows(arrays: Any) -> int:
    lengths = {leaf.shape[0] if len(leaf.shape) else 0 for leaf in flatten(arrays)}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "`data` must be arrays with the same number of rows, and at least one. "
            f"Received: {[tuple(leaf.shape) for leaf in flatten(arrays)]}"
        )
    return lengths.pop()


def _take(leaf: Any, rows: np.ndarray) -> Any:
    if hasattr(leaf, "iloc"):  # pandas
        return leaf.iloc[rows]
    return leaf[rows] if hasattr(leaf, "__getitem__") else np.asarray(leaf)[rows]
