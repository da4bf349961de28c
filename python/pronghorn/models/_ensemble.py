# SPDX-License-Identifier: Apache-2.0
"""ensemble: several models as one that predicts their mean."""

from __future__ import annotations

from collections.abc import Sequence

from pronghorn._structure import flatten, map_leaves, pack
from pronghorn.layers import Average
from pronghorn.layers.input_layer import Input
from pronghorn.models.functional import Functional
from pronghorn.models.model import Model


def ensemble(models: Sequence[Model], name: str | None = None) -> Model:
    """A model whose outputs are the means of those of several models.

    It shares their weights, runs all of them in one program, and is a model like any other: it can
    be compiled and evaluated, saved, and trained further as a whole.

    Args:
        models: two or more models (one is returned as it is) with known inputs, whose inputs and
            outputs have the same shapes.
        name: of the new model.

    Raises:
        ValueError: there are none, or their inputs or outputs differ.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(3)]
    >>> together = keras.models.ensemble(members)
    >>> x = np.ones((4, 2))
    >>> mean = np.mean([model.predict(x, verbose=0) for model in members], axis=0)
    >>> bool(np.allclose(together.predict(x, verbose=0), mean))
    True
    """
    models = list(models)
    if not models:
        raise ValueError("`models` must hold at least one model.")
    if len(models) == 1:
        return models[0]
    for model in models[1:]:
        for what in ("input_shape", "output_shape"):
            first, other = getattr(models[0], what), getattr(model, what)
            if first != other:
                raise ValueError(
                    f"The models of an ensemble must have the same {what}. Received: {first} of "
                    f"{models[0].name!r} and {other} of {model.name!r}"
                )
    inputs = map_leaves(
        lambda t: Input(batch_shape=t.shape, dtype=t.dtype, name=t.name),
        models[0].input,
    )
    outputs = [model(inputs) for model in models]
    means = [Average()(list(parts)) for parts in zip(*map(flatten, outputs), strict=True)]
    return Functional(inputs, pack(outputs[0], means), name=name)
