# SPDX-License-Identifier: Apache-2.0
"""The wrappers of Keras 3."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)

from pronghorn.estimators.class_targets import takes_logits
from pronghorn.models import Model
from pronghorn.wrappers.wrapped_model import (
    WrappedClassifier,
    WrappedModel,
    check_compiled,
    make_model,
    scope_of_seed,
)


class SKLearnModel(WrappedModel):
    """Base of Keras 3's wrappers: their arguments, and how the model comes about."""

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs
        self.random_state = random_state

    @property
    def epoch_(self) -> int:
        """Epochs of the last `fit`."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def _model_for(self, X: np.ndarray, y: np.ndarray) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if self.warm_start and isinstance(self.model, Model):
            return check_compiled(self.model)
        return make_model(self.model, {"X": X, "y": y, **(self.model_kwargs or {})})

    def _fit_arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**(self.fit_kwargs or {}), **given}


class SKLearnClassifier(WrappedClassifier, SKLearnModel):
    """A model as a classifier of scikit-learn.

    Args:
        model: a compiled model, which is copied with new weights for each fit; or a function that
            returns one, called with X, y (one-hot rows) and `model_kwargs`.
        warm_start: train the given model itself, and go on with its weights in the next fit.
        model_kwargs: for the function.
        fit_kwargs: for the model's `fit`; those given to `fit` go before them.
        random_state: an int makes a fit repeatable; not part of Keras.

    Attributes:
        model_, history_: the fitted model, and the `History` of its training.
        classes_: all classes.

    The model has a unit for each class, or, for two classes, a single one. Its loss sees one-hot
    rows, class numbers or 0 and 1, whatever it takes.

    Example:
    >>> import pronghorn as keras
    >>> from sklearn.datasets import load_iris
    >>> def build(X, y, units=10):
    ...     model = keras.Sequential([
    ...         keras.layers.Dense(units, activation="relu"),
    ...         keras.layers.Dense(y.shape[1], activation="softmax"),
    ...     ])
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = keras.wrappers.SKLearnClassifier(build, model_kwargs={"units": 5})
    >>> classifier.fit(X, y, epochs=2, verbose=0).predict(X).shape
    (150,)
    """

    def fit(self, X: Any, y: Any, **kwargs: Any) -> SKLearnClassifier:
        """Train a model.

        Args:
            X: features (n, ...).
            y: classes (n,), or one-hot rows.
            **kwargs: of the model's `fit`.

        Returns:
            self
        """
        X, codes = self._checked_classes(X, y)
        with scope_of_seed(self.random_state):
            model = self._model_for(X, np.eye(len(self.classes_), dtype=np.float32)[codes])
            targets = self._targets_for(model, codes)
            return self._fit_model(model, X, targets, self._fit_arguments(kwargs))

    def decision_function(self, X: Any) -> np.ndarray:
        """The raw outputs of the model, (n, n_classes).

        For two classes, where scikit-learn wants one number, it is (n,): the output of the second
        class minus that of the first, or of the only unit, less 1/2 if it is a probability.
        """
        outputs = self._outputs(X)
        if len(self.classes_) > 2:
            return outputs
        if outputs.shape[1] == 2:
            return outputs[:, 1] - outputs[:, 0]
        return outputs[:, 0] - (0.0 if takes_logits(self.model_.loss) else 0.5)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class _ValueModel(SKLearnModel):
    """Fits a model to values."""

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Train a model.

        Args:
            X: features (n, ...).
            y: values (n,) or (n, n_outputs).
            **kwargs: of the model's `fit`.

        Returns:
            self
        """
        X, y = self._checked_values(X, y)
        with scope_of_seed(self.random_state):
            return self._fit_model(self._model_for(X, y), X, y, self._fit_arguments(kwargs))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class SKLearnRegressor(RegressorMixin, _ValueModel):
    """A model as a regressor of scikit-learn.

    Args:
        model, warm_start, model_kwargs, fit_kwargs, random_state: as for `SKLearnClassifier`; the
            function gets y as (n, n_outputs).

    Attributes:
        model_, history_: the fitted model, and the `History` of its training.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> regressor = keras.wrappers.SKLearnRegressor(model, fit_kwargs={"verbose": 0})
    >>> regressor.fit(np.ones((10, 2)), np.ones(10)).predict(np.ones((3, 2))).shape
    (3,)
    """

    def predict(self, X: Any) -> np.ndarray:
        """The predicted values, (n,) or (n, n_outputs)."""
        return self._values(self._outputs(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _ValueModel):
    """A model as a transformer of scikit-learn: its outputs are the new features.

    Args:
        model, warm_start, model_kwargs, fit_kwargs, random_state: as for `SKLearnRegressor`.

    Attributes:
        model_, history_: the fitted model, and the `History` of its training.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> transformer = keras.wrappers.SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    >>> transformer.fit(np.ones((10, 3)), np.ones((10, 2))).transform(np.ones((4, 3))).shape
    (4, 2)
    """

    def transform(self, X: Any) -> np.ndarray:
        """The outputs of the model for each row."""
        return self._outputs(X)

    @property
    def _n_features_out(self) -> int:
        return self.model_.output_shape[-1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
