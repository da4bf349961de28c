# SPDX-License-Identifier: Apache-2.0
"""cross_validate: how well a model does on data that it has not seen, from all of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pronghorn import _core
from pronghorn._structure import map_leaves
from pronghorn.callbacks import History
from pronghorn.models._fit_many import fit_many
from pronghorn.models.model import Model
from pronghorn.random.seed_generator import global_generator
from pronghorn.training.arguments import positive_int
from pronghorn.training.arrays import common_rows, to_arrays


@dataclass(frozen=True)
class CrossValidation:
    """What `cross_validate` found, one entry for each fold.

    Attributes:
        scores: name of the loss or a metric -> its values on the rows that were left out.
        models: trained on the other rows.
        histories: of their training; the rows that were left out are their validation data.
    """

    scores: dict[str, np.ndarray]
    models: list[Model]
    histories: list[History]


def cross_validate(
    build: Callable[[], Model],
    x: Any,
    y: Any,
    folds: int | Iterable[tuple[Any, Any]] = 5,
    *,
    seed: int | None = None,
    each: Callable[[int], dict[str, Any]] | None = None,
    **arguments: Any,
) -> CrossValidation:
    """Train a new model for each fold on the other folds, side by side, and test it on the fold.

    Args:
        build: makes a compiled model.
        x, y: arrays, or lists, tuples or dicts of them, with a row per sample.
        folds: how many parts the rows are split into at random; or pairs of row numbers to train
            and to test on, such as `StratifiedKFold(5).split(x, y)` of scikit-learn gives.
        seed: int that fixes the split; drawn from the global generator by default.
        each: from the number of a fold to arguments of `fit` of its own, for example
            `lambda i: {"callbacks": [keras.callbacks.EarlyStopping()]}`.
        **arguments: of `fit_many`, such as `epochs` and `batch_size`.

    Raises:
        ValueError: fewer than two folds, or more than rows.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> def build():
    ...     model = keras.Sequential([keras.layers.Dense(1)])
    ...     model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    ...     return model
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> found = keras.models.cross_validate(build, x, x.sum(axis=1), folds=4, epochs=20)
    >>> sorted(found.scores), found.scores["loss"].shape, bool(found.scores["loss"].max() < 0.01)
    (['loss', 'mae'], (4,), True)
    """
    x, y = to_arrays(x, "x"), to_arrays(y, "y")
    rows = common_rows(("x", x), ("y", y))
    pairs = _split(rows, folds, seed) if isinstance(folds, int) else list(folds)
    models = [build() for _ in pairs]
    tests = [(_take(x, test), _take(y, test)) for _, test in pairs]
    own = [
        {"x": _take(x, train), "y": _take(y, train), "validation_data": test}
        | (each(i) if each is not None else {})
        for i, ((train, _), test) in enumerate(zip(pairs, tests, strict=True))
    ]
    histories = fit_many(models, each=own, **arguments)
    found = [
        model.evaluate(*test, verbose=0, return_dict=True)
        for model, test in zip(models, tests, strict=True)
    ]
    scores = {name: np.array([values[name] for values in found]) for name in found[0]}
    return CrossValidation(scores, models, histories)


def _split(rows: int, folds: int, seed: int | None) -> list[tuple[np.ndarray, np.ndarray]]:
    if not 2 <= positive_int("folds", folds) <= rows:
        raise ValueError(
            f"`folds` must be at least 2 and at most the number of rows, {rows}. "
            f"Received: folds={folds}"
        )
    seed = global_generator().integer() if seed is None else seed
    parts = np.array_split(_core.permutation(rows, seed, 0), folds)
    return [
        (np.sort(np.concatenate(parts[:i] + parts[i + 1 :])), np.sort(part))
        for i, part in enumerate(parts)
    ]


def _take(structure: Any, rows: Any) -> Any:
    return map_leaves(lambda array: array[np.asarray(rows)], structure)
