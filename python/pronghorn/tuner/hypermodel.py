# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.tuner.hyperparameters import HyperParameters


class HyperModel:
    """How models are built from hyperparameters, and trained: override `build`, perhaps `fit`.

    Args:
        name: for people.
        tunable: accepted for KerasTuner's sake.
    """

    def __init__(self, name: str | None = None, tunable: bool = True) -> None:
        self.name, self.tunable = name, tunable

    def build(self, hp: HyperParameters) -> Any:
        """A compiled model."""
        raise NotImplementedError(f"{type(self).__name__} does not define `build(hp)`.")

    def declare_hyperparameters(self, hp: HyperParameters) -> None:
        """Ask for hyperparameters before the first model is built."""

    def fit(self, hp: HyperParameters, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Train a model.

        Args:
            hp: its hyperparameters; more can be asked for.
            model: from `build`.
            *args, **kwargs: those of `search`, with callbacks that must be passed on.

        Returns:
            A `History`, a dict with the objective, or its value to be minimized.
        """
        return model.fit(*args, **kwargs)


class FunctionModel(HyperModel):
    """A function that builds models."""

    def __init__(self, function: Callable[[HyperParameters], Any]) -> None:
        super().__init__()
        self.function = function

    def build(self, hp: HyperParameters) -> Any:
        return self.function(hp)


def as_hypermodel(hypermodel: Any) -> HyperModel | None:
    """A HyperModel, also from a function.

    Raises:
        ValueError: it is neither.
    """
    if hypermodel is None or isinstance(hypermodel, HyperModel):
        return hypermodel
    if callable(hypermodel):
        return FunctionModel(hypermodel)
    raise ValueError(
        "`hypermodel` must be a HyperModel or a function from hyperparameters to a model. "
        f"Received: {hypermodel!r} of type {type(hypermodel).__name__}"
    )
