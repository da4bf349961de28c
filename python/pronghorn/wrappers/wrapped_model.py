# SPDX-License-Identifier: Apache-2.0
"""What all wrappers do: make a model, fit it to checked data, and read classes off its outputs."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from pronghorn.estimators.class_targets import class_targets, probabilities
from pronghorn.models import Model, clone_model
from pronghorn.random.seed_generator import seeded

_PREDICTION_ROWS = 1024


class WrappedModel(BaseEstimator):
    """Base of the wrappers; `model_` is the fitted model.

    Attributes:
        model_: the fitted model.
        history_: what `fit` of the model returned.
    """

    def _fit_model(self, model: Any, X: np.ndarray, targets: np.ndarray, arguments: Any) -> Any:
        self.history_ = model.fit(X, targets, **arguments)
        self.model_ = model
        return self

    def _outputs(self, X: Any, **arguments: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        X = self._checked(X, reset=False)
        arguments = {"batch_size": _PREDICTION_ROWS, "verbose": 0, **arguments}
        return self.model_.predict(X, **arguments)

    def _checked(self, *data: Any, reset: bool, **rules: Any) -> Any:
        return validate_data(self, *data, reset=reset, allow_nd=True, **rules)

    def _checked_values(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Data of a regression; a vector y becomes a column."""
        X, y = self._checked(X, y, reset=True, multi_output=True, y_numeric=True)
        self._target_is_vector = y.ndim == 1
        return X, y.reshape(-1, 1) if y.ndim == 1 else y

    def _values(self, outputs: np.ndarray) -> np.ndarray:
        squeeze = self._target_is_vector and outputs.ndim == 2 and outputs.shape[1] == 1
        return outputs[:, 0] if squeeze else outputs


class WrappedClassifier(ClassifierMixin, WrappedModel):
    """Mixin for models that tell classes apart.

    Attributes:
        classes_: all classes.
    """

    def predict_proba(self, X: Any, **arguments: Any) -> np.ndarray:
        """The probability of each class, (n, n_classes).

        Args:
            X: features (n, ...).
            **arguments: of the model's `predict`.
        """
        outputs = self._outputs(X, **arguments)
        return probabilities(outputs, self.model_.loss)

    def predict(self, X: Any, **arguments: Any) -> np.ndarray:
        """The most probable class of each row, (n,).

        Args:
            X: features (n, ...).
            **arguments: of the model's `predict`.
        """
        codes = self.predict_proba(X, **arguments).argmax(axis=1)
        return self.classes_[codes]

    def _checked_classes(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """X, and the number of the class of each row."""
        X, y = self._checked(X, y, reset=True, multi_output=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if y.ndim == 2:
            if not ((y == 0) | (y == 1)).all() or (y.sum(axis=1) != 1).any():
                raise ValueError(
                    "Only binary and multiclass targets are supported: `y` must hold one class per "
                    f"row, or one-hot rows. Received: y of shape {y.shape}"
                )
            self.classes_ = np.arange(y.shape[1])
            return X, y.argmax(axis=1)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return X, codes

    def _targets_for(self, model: Any, codes: np.ndarray) -> np.ndarray:
        return class_targets(codes, len(self.classes_), _units(model), model.loss)


def make_model(source: Any, arguments: dict[str, Any]) -> Any:
    """The model that a function returns, or a fresh copy of a model.

    Raises:
        TypeError: the function returns something else.
        RuntimeError: the model is not compiled.
    """
    model = _fresh_copy(source) if isinstance(source, Model) else source(**arguments)
    if not isinstance(model, Model):
        raise TypeError(
            f"The function that builds the model must return a model. Received: {model!r} of type "
            f"{type(model).__name__}"
        )
    return check_compiled(model)


def scope_of_seed(random_state: Any) -> Any:
    """A scope in which `random_state` decides about all random numbers, if it is not None."""
    if random_state is None:
        return nullcontext()
    return seeded(int(check_random_state(random_state).randint(2**31)))


def check_compiled(model: Any) -> Any:
    """The model, if it can be trained."""
    if not model.compiled or not model.loss or not model.optimizer:
        raise RuntimeError("Given model needs to be compiled, and have a loss and an optimizer.")
    return model


def _fresh_copy(model: Any) -> Any:
    """The same layers with new weights, compiled alike with a new optimizer."""
    check_compiled(model)
    arguments = dict(model._compiled.arguments)
    optimizer = arguments.pop("optimizer")
    optimizer = type(optimizer).from_config(optimizer.get_config())
    fresh = clone_model(model)
    fresh.compile(optimizer, **copy.deepcopy(arguments))
    return fresh


def _units(model: Any) -> int | None:
    """Width of the output, if it is known before the model has seen data."""
    try:
        return model.output_shape[-1]
    except AttributeError:
        return getattr(model.layers[-1], "units", None) if model.layers else None
