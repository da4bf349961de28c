# SPDX-License-Identifier: Apache-2.0
"""The wrappers of Keras 2, `keras.wrappers.scikit_learn`, around a function that builds a model."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from pronghorn.models import Model
from pronghorn.wrappers.wrapped_model import (
    WrappedClassifier,
    WrappedModel,
    make_model,
    scope_of_seed,
)

_METHODS = (Model.fit, Model.predict, Model.evaluate)


class BuildFunctionWrapper(WrappedModel):
    """Base of both: hyperparameters are the arguments of the function, and of `fit`.

    Args:
        build_fn: function that returns a compiled model; None: the subclass has a `__call__` that
            does.
        model: another name of `build_fn`, that of scikeras.
        **sk_params: arguments of the function, and of the model's `fit`, `predict` and `evaluate`;
            also spelt `model__units`, `fit__epochs`. `random_state` seeds the training.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        self.build_fn = sk_params.pop("model", build_fn)
        self.sk_params: dict[str, Any] = {}
        self._set(sk_params)

    @property
    def model(self) -> Any:
        """The fitted model, as in Keras 2."""
        if not hasattr(self, "model_"):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet")
        return self.model_

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """`build_fn`, its arguments with their defaults, and what else was set."""
        parameters = _parameters(self._builder())
        defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
        return {"build_fn": self.build_fn, **defaults, **self.sk_params}

    def set_params(self, **params: Any) -> Any:
        """Change hyperparameters.

        Raises:
            ValueError: neither the function nor a method of the model takes one.
        """
        for name in ("build_fn", "model"):
            if name in params:
                self.build_fn = params.pop(name)
        self._set(params)
        return self

    def _builder(self) -> Any:
        return self if self.build_fn is None and callable(self) else self.build_fn

    def _set(self, params: dict[str, Any]) -> None:
        params = {
            name.removeprefix("model__").removeprefix("fit__"): value
            for name, value in params.items()
        }
        parameters = _parameters(self._builder())
        if callable(self._builder()) and not any(
            p.kind is p.VAR_KEYWORD for p in parameters.values()
        ):
            known = {*parameters, "random_state"}.union(*map(_parameters, _METHODS))
            unknown = [name for name in params if name not in known]
            if unknown:
                raise ValueError(
                    f"{unknown[0]!r} is not a legal parameter: neither the function that builds "
                    "the model nor its `fit`, `predict` and `evaluate` take it. "
                    f"Those of the function: {list(parameters)}"
                )
        self.sk_params.update(params)

    def _arguments_of(self, function: Any, given: dict[str, Any] | None = None) -> dict[str, Any]:
        parameters = _parameters(function)
        chosen = {name: v for name, v in self.sk_params.items() if name in parameters}
        return {**chosen, **(given or {})}

    def _make_model(self, X: np.ndarray, **meta: Any) -> Any:
        builder = self._builder()
        if not callable(builder):
            raise ValueError(
                "`build_fn` must be a function that returns a compiled model. "
                f"Received: build_fn={builder!r}"
            )
        arguments = self._arguments_of(builder)
        if "meta" in _parameters(builder):  # what scikeras tells the function about the data
            arguments["meta"] = {"n_features_in_": X.shape[1], "X_shape_": X.shape, **meta}
        return make_model(builder, arguments)


class KerasClassifier(WrappedClassifier, BuildFunctionWrapper):
    """A function that builds a model, as a classifier of scikit-learn.

    Args:
        build_fn, model, **sk_params: as for `KerasRegressor`.

    Attributes:
        model_ (also `model`), history_: the fitted model, and the `History` of its training.
        classes_: all classes.

    The model has a unit for each class, or, for two classes, a single one. A function with an
    argument `meta` gets a dict with `n_features_in_`, `X_shape_`, `classes_` and `n_classes_`.

    Example:
    >>> import pronghorn as keras
    >>> from sklearn.datasets import load_iris
    >>> def build(units=10):
    ...     model = keras.Sequential([
    ...         keras.layers.Dense(units, activation="relu"),
    ...         keras.layers.Dense(3, activation="softmax"),
    ...     ])
    ...     model.compile("adam", "sparse_categorical_crossentropy")
    ...     return model
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = keras.wrappers.KerasClassifier(build, epochs=2, verbose=0, units=5)
    >>> classifier.fit(X, y).predict(X).shape
    (150,)
    """

    def fit(self, X: Any, y: Any, **kwargs: Any) -> KerasClassifier:
        """Build a model and train it.

        Args:
            X: features (n, ...).
            y: classes (n,), or one-hot rows.
            **kwargs: of the model's `fit`; they go before those of the constructor.

        Returns:
            self
        """
        X, codes = self._checked_classes(X, y)
        with scope_of_seed(self.sk_params.get("random_state")):
            model = self._make_model(X, classes_=self.classes_, n_classes_=len(self.classes_))
            targets = self._targets_for(model, codes)
            return self._fit_model(model, X, targets, self._arguments_of(Model.fit, kwargs))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of the rows whose class is predicted."""
        predicted = self.predict(X)
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            y = y.argmax(axis=1)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))


class KerasRegressor(RegressorMixin, BuildFunctionWrapper):
    """A function that builds a model, as a regressor of scikit-learn.

    Args:
        build_fn: function that returns a compiled model; the defaults of its arguments are
            hyperparameters.
        model: another name of `build_fn`, that of scikeras.
        **sk_params: hyperparameters: arguments of the function, and of the model's `fit`, `predict`
            and `evaluate`; also spelt `model__units`, `fit__epochs`. `random_state` seeds the
            training.

    Attributes:
        model_ (also `model`), history_: the fitted model, and the `History` of its training.

    A function with an argument `meta` gets a dict with `n_features_in_`, `X_shape_` and
    `n_outputs_`.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> def build(units=10, learning_rate=0.01):
    ...     model = keras.Sequential([
    ...         keras.layers.Dense(units, activation="relu"),
    ...         keras.layers.Dense(1),
    ...     ])
    ...     model.compile(keras.optimizers.SGD(learning_rate), "mse")
    ...     return model
    >>> regressor = keras.wrappers.KerasRegressor(build, units=5)
    >>> regressor.get_params()["learning_rate"]
    0.01
    >>> regressor.fit(np.ones((10, 2)), np.ones(10), epochs=2, verbose=0).score(
    ...     np.ones((10, 2)), np.ones(10)) <= 0
    True
    """

    def fit(self, X: Any, y: Any, **kwargs: Any) -> KerasRegressor:
        """Build a model and train it.

        Args:
            X: features (n, ...).
            y: values (n,) or (n, n_outputs).
            **kwargs: of the model's `fit`; they go before those of the constructor.

        Returns:
            self
        """
        X, y = self._checked_values(X, y)
        with scope_of_seed(self.sk_params.get("random_state")):
            model = self._make_model(X, n_outputs_=y.shape[1])
            return self._fit_model(model, X, y, self._arguments_of(Model.fit, kwargs))

    def predict(self, X: Any, **kwargs: Any) -> np.ndarray:
        """The predicted values, (n,) or (n, n_outputs).

        Args:
            X: features (n, ...).
            **kwargs: of the model's `predict`.
        """
        return self._values(self._outputs(X, **self._arguments_of(Model.predict, kwargs)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # it is no R^2
        return tags

    def score(self, X: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss, so that greater is better.

        Args:
            X, y: as in `fit`.
            **kwargs: of the model's `evaluate`, such as `sample_weight`.
        """
        check_is_fitted(self, "model_")
        X = self._checked(X, reset=False)
        arguments = {"verbose": 0, **self._arguments_of(Model.evaluate, kwargs)}
        loss = self.model_.evaluate(X, np.asarray(y), **arguments)
        return -float(loss[0] if isinstance(loss, list) else loss)


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    if isinstance(function, Model) or not callable(function):
        return {}
    parameters = dict(inspect.signature(function).parameters)
    for name in ("self", "x", "y"):  # the data is no hyperparameter
        parameters.pop(name, None)
    return parameters
