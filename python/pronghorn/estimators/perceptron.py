# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pronghorn import ops, optimizers
from pronghorn.callbacks import Callback
from pronghorn.estimators.class_labels import ClassLabels
from pronghorn.estimators.multilayer_perceptron import dense
from pronghorn.estimators.parameters import NOT_NEGATIVE, POSITIVE, POSITIVE_INTEGER
from pronghorn.layers import Dense, Input
from pronghorn.models import Sequential


def mistakes(y: Any, z: Any) -> Any:
    """The share of the units that are wrong or undecided, for each row."""
    return ops.mean(ops.cast(y * z <= 0, z.dtype), axis=-1)


class _ThresholdUnits(Sequential):
    """Linear units with the loss whose descent is Rosenblatt's rule: eta max(0, -s z), s = +-1.

    Args:
        layers: of the model.
        eta: the length of a step is in the loss, because an optimizer keeps its in float32.
    """

    def __init__(self, layers: Any, eta: float) -> None:
        super().__init__(layers)
        self.autocast = False  # the units are of float64
        self.eta = eta

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The sum over rows and units; at z = 0 the gradient is that of a mistake."""
        signed = y * y_pred
        losses = ops.sum(ops.where(signed <= 0, -signed, 0.0), axis=-1)
        return self.eta * ops.sum(losses if sample_weight is None else losses * sample_weight)


class Perceptron(ClassLabels, BaseEstimator):
    """Threshold units that learn by Rosenblatt's rule: one for each class, or for each label.

    A unit says s = sign(w x + b). One row at a time, a unit that is wrong, or undecided, learns:
    w <- w + eta s x and b <- b + eta s, with the right s in {-1, +1}. If a hyperplane separates the
    classes, this ends after a finite number of mistakes (Novikoff, 1962); otherwise it never does.

    Args:
        fit_intercept: whether units have a b.
        max_iter: most epochs.
        tol: training stops when for `n_iter_no_change` epochs the mean loss, max(0, -s (w x + b)),
            has not fallen by this much, or when an epoch had none. None: only then.
        shuffle: whether the rows come in a new order in each epoch.
        verbose: print the loss of each epoch.
        eta0: eta; without a penalty it only scales w and b.
        random_state: an int makes a fit repeatable.
        n_iter_no_change: see `tol`.
        class_weight: class -> factor of eta for its rows; "balanced": inverse to their number.
        warm_start: `fit` goes on with the weights of the last.

    Attributes:
        classes_: all classes.
        coef_, intercept_: w (units, n_features) and b (units,); one unit if there are two classes.
        n_iter_, t_: epochs of the last `fit`, and rows seen.
        loss_curve_: mean loss of each epoch.
        n_features_in_, feature_names_in_: of the data.

    Example:
    >>> from pronghorn.estimators import Perceptron
    >>> logical_or = Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1])
    >>> logical_or.predict([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
    [0, 1, 1, 1]

    Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in
    the brain", 1958.
    """

    def __init__(
        self,
        *,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: Any = 0,
        eta0: float = 1.0,
        random_state: Any = 0,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        warm_start: bool = False,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.eta0 = eta0
        self.random_state = random_state
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Perceptron:
        """Learn until an epoch has no mistakes, or see `tol`.

        Args:
            X: features (n, n_features), an array, data frame or sparse matrix.
            y: classes (n,), or labels 0 and 1 (n, n_labels).
            sample_weight: factor of eta for each row, (n,).

        Returns:
            self

        Warns:
            ConvergenceWarning: there were mistakes in each of `max_iter` epochs.
        """
        return self._fit(X, y, sample_weight, self.max_iter, fresh=not self.warm_start)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Perceptron:
        """One epoch.

        Args:
            X, y, sample_weight: as in `fit`.
            classes: all classes that will ever come; needed in the first call.

        Returns:
            self
        """
        self._learn_announced_classes(y, classes)
        return self._fit(X, y, sample_weight, epochs=None, fresh=False)

    def decision_function(self, X: Any) -> np.ndarray:
        """w x + b of each unit, (n, units), or (n,) for one unit."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        z = self.model_.predict(dense(X), batch_size=1024, verbose=0)
        return z.ravel() if z.shape[1] == 1 else z

    def predict(self, X: Any) -> np.ndarray:
        """The class with the largest w x + b, (n,); or all labels with w x + b > 0."""
        check_is_fitted(self, "model_")
        return self._binarizer.inverse_transform(self.decision_function(X), threshold=0.0)

    @property
    def coef_(self) -> np.ndarray:
        """w, (units, n_features)."""
        return self._units().kernel.numpy().T

    @property
    def intercept_(self) -> np.ndarray:
        """b, (units,)."""
        units = self._units()
        return units.bias.numpy() if self.fit_intercept else np.zeros(units.units)

    def _units(self) -> Any:
        if "model_" not in vars(self):
            raise AttributeError("This Perceptron is not fitted yet")
        return self.model_.layers[0]

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, epochs: int | None, fresh: bool
    ) -> Perceptron:
        self._check_parameters()
        fresh = fresh or not hasattr(self, "model_")
        X, y = self._validate_labelled(X, y, fresh, accept_sparse="csr", dtype=np.float64)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        sample_weight = self._row_weights(y, sample_weight)
        if fresh and epochs is not None:
            self._learn_classes(y)
        self._check_classes(y)
        signs = self._binarizer.transform(y) * 2.0 - 1.0
        if fresh:
            self._build(X.shape[1], signs.shape[1])
        random_state = check_random_state(self.random_state)
        progress = _Progress(self, len(signs), epochs)
        self.model_.fit(
            dense(X),
            signs,
            sample_weight=sample_weight,
            batch_size=1,
            epochs=epochs or 1,
            shuffle=self.shuffle and (lambda epoch: random_state.permutation(len(signs))),
            verbose=0,
            callbacks=[progress],
        )
        return self

    def _build(self, n_features: int, units: int) -> None:
        layer = Dense(
            units, use_bias=self.fit_intercept, kernel_initializer="zeros", dtype="float64"
        )
        inputs = Input((n_features,), dtype="float64")
        self.model_ = _ThresholdUnits([inputs, layer], self.eta0)
        self.model_.compile(optimizers.SGD(1.0), metrics=[mistakes])
        self.t_ = 0
        self.loss_curve_: list[float] = []

    def _check_parameters(self) -> None:
        rules = {
            "max_iter": POSITIVE_INTEGER,
            "eta0": POSITIVE,
            "n_iter_no_change": POSITIVE_INTEGER,
        }
        if self.tol is not None:
            rules["tol"] = NOT_NEGATIVE
        for name, (holds, expected) in rules.items():
            if not holds(getattr(self, name)):
                raise ValueError(
                    f"`{name}` must be {expected}. Received: {name}={getattr(self, name)!r}"
                )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class _Progress(Callback):
    """Counts epochs and losses, and decides when to stop."""

    def __init__(self, perceptron: Perceptron, rows: int, epochs: int | None) -> None:
        super().__init__()
        self.perceptron, self.rows, self.epochs = perceptron, rows, epochs
        self.best, self.waited = np.inf, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.perceptron.n_iter_ = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        perceptron, loss = self.perceptron, logs["loss"] / self.model.eta
        perceptron.n_iter_ += 1
        perceptron.t_ += self.rows
        perceptron.loss_curve_.append(loss)
        if perceptron.verbose:
            print(f"Epoch {perceptron.n_iter_}, loss = {loss:.8f}")
        if perceptron.tol is not None:
            self.waited = self.waited + 1 if loss > self.best - perceptron.tol else 0
            self.best = min(self.best, loss)
        if logs["mistakes"] == 0 or self.waited >= perceptron.n_iter_no_change:
            self.model.stop_training = True
        elif perceptron.n_iter_ == self.epochs:
            warnings.warn(
                f"There were mistakes in each of max_iter={self.epochs} epochs.",
                ConvergenceWarning,
                stacklevel=2,
            )
