# SPDX-License-Identifier: Apache-2.0
"""What MLPClassifier and MLPRegressor share: scikit-learn's way of training, on this engine."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, shuffle
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pronghorn import layers, optimizers
from pronghorn.estimators import canonical_losses
from pronghorn.estimators.convergence import Convergence
from pronghorn.estimators.lbfgs import minimize_loss
from pronghorn.estimators.network import (
    _RegularizedNetwork,
    build_layers,
    by_name,
    draw_weights,
)
from pronghorn.estimators.parameters import check_parameters, hidden_layers
from pronghorn.models import Sequential

# What `validate_data` lets through as X.
X_RULES: dict[str, Any] = {"accept_sparse": "csr", "dtype": (np.float64, np.float32)}

# Rows that are predicted at a time: many enough to keep the engine busy.
_PREDICTION_ROWS = 1024

_ROW_LOSSES: dict[Any, Callable[[Any, Any], Any]] = {
    ("log_loss", "softmax"): canonical_losses.multinomial_log_loss,
    ("log_loss", "logistic"): canonical_losses.binary_log_loss,
    ("squared_error", "identity"): canonical_losses.half_squared_error,
    ("poisson", "exp"): canonical_losses.half_poisson_deviance,
}


def is_stochastic(estimator: Any) -> bool:
    """Whether the solver takes batches; an AttributeError if not."""
    if estimator.solver == "lbfgs":
        raise AttributeError("`partial_fit` needs solver='sgd' or 'adam'. Received: solver='lbfgs'")
    return True


class MultilayerPerceptron(BaseEstimator):
    """Base of both estimators.

    A subclass names its parameters in `__init__`, turns y into targets (`_encode`) and outputs into
    predictions, and has a score for early stopping (`_validation_score`).
    """

    loss: Any
    activation: Any
    solver: str
    alpha: float
    batch_size: Any
    learning_rate_init: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    max_fun: int
    batch_normalization: bool
    callbacks: Any
    n_outputs_: int
    out_activation_: str

    # -- for subclasses -------------------------------------------------------------------------

    def _validate(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """X and y as arrays, checked; X may be sparse."""
        raise NotImplementedError

    def _encode(self, y: Any, learn: bool) -> np.ndarray:
        """Targets, (n,) or (n, outputs); sets `n_outputs_` and `out_activation_`.

        `learn`: nothing is known of y yet.
        """
        raise NotImplementedError

    def _row_weights(self, y: Any, sample_weight: np.ndarray | None) -> np.ndarray | None:
        return sample_weight

    def _stratify(self, y: np.ndarray) -> np.ndarray | None:
        return None

    def _validation_score(self, X: Any, y: Any, sample_weight: Any) -> float:
        raise NotImplementedError

    # -- training -------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for up to `max_iter` epochs.

        Args:
            X: features (n, n_features), an array, data frame or sparse matrix.
            y: classes or values, (n,) or (n, n_outputs).
            sample_weight: weight of each row, (n,).

        Returns:
            self

        Raises:
            ValueError: for parameters or data that do not fit, or weights that became NaN or
                infinite.

        Warns:
            ConvergenceWarning: the loss still falls after `max_iter` epochs.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train one epoch more; the optimizer goes on where it was.

        Args:
            X, y, sample_weight: as in `fit`.

        Returns:
            self
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Any:
        check_parameters(self)
        if incremental and self.early_stopping:
            raise ValueError("`partial_fit` does not support early_stopping=True")
        first = not hasattr(self, "model_") or not (incremental or self.warm_start)
        X, y = self._validate(X, y, reset=first)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        sample_weight = self._row_weights(y, sample_weight)
        targets = self._encode(y, learn=first and not incremental)
        self._random_state = check_random_state(self.random_state)
        if first:
            self._build(X)
        X = dense(X)
        if self.solver == "lbfgs":
            self._fit_lbfgs(X, targets, sample_weight)
        else:
            self._fit_stochastic(X, y, targets, sample_weight, incremental)
        if not all(np.isfinite(w).all() for w in self._network.get_weights()):
            raise ValueError(
                "Training led to weights that are not finite. Scale the features, or choose a "
                "smaller learning rate."
            )
        return self

    def _build(self, X: Any) -> None:
        hidden = hidden_layers(self)
        dtype = X.dtype.name if self.solver == "lbfgs" else "float32"
        dropout = any(rate for _, _, rate in hidden)
        if self.solver == "lbfgs" and (dropout or self.batch_normalization):
            raise ValueError("solver='lbfgs' goes with neither dropout nor batch normalization")
        seed = int(self._random_state.randint(2**31 - 100)) if dropout else 0
        stack = build_layers(
            X.shape[1], self.n_outputs_, hidden, self.batch_normalization, seed, dtype
        )
        output = layers.Activation(by_name(self.out_activation_), dtype=dtype)
        key = (self.loss, self.out_activation_) if isinstance(self.loss, str) else None
        row_loss = _ROW_LOSSES.get(key)
        trained = stack if row_loss is not None else [*stack, output]
        self._network = _RegularizedNetwork(trained, self.alpha, row_loss)
        self.model_ = Sequential([*stack, output])
        self.model_.autocast = False
        activations = [activation for _, activation, _ in hidden]
        last = activations[-1] if activations else self.activation
        draw_weights(self._network.dense_layers, [*activations, last], self._random_state)
        self.n_layers_ = len(hidden) + 2
        self.t_ = 0
        self._optimizer_solver: str | None = None
        if self.solver != "lbfgs":
            self._forget_progress()

    def _forget_progress(self) -> None:
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        early = self.early_stopping
        self.best_loss_ = None if early else np.inf
        self.validation_scores_: list[float] | None = [] if early else None
        self.best_validation_score_ = -np.inf if early else None

    def _fit_lbfgs(self, X: Any, targets: np.ndarray, sample_weight: Any) -> None:
        if self._network.row_loss is None:
            raise ValueError(
                f"solver='lbfgs' needs one of scikit-learn's losses. Received: loss={self.loss!r}"
            )
        if targets.dtype.kind == "f":
            targets = targets.astype(X.dtype)
        self.loss_, self.n_iter_ = minimize_loss(
            self._network,
            np.ascontiguousarray(X),
            targets,
            sample_weight,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
        )

    def _fit_stochastic(
        self, X: Any, y: Any, targets: np.ndarray, sample_weight: Any, incremental: bool
    ) -> None:
        if not incremental or self._optimizer_solver != self.solver:
            loss = None if self._network.row_loss is not None else self.loss
            self._network.compile(self._optimizer(), loss)
            self._optimizer_solver = self.solver
        validation = None
        if self.early_stopping:
            X, targets, sample_weight, validation = self._hold_out(X, y, targets, sample_weight)
        rows = len(X)
        batch_size = min(200, rows) if self.batch_size == "auto" else self.batch_size
        if batch_size > rows:
            warnings.warn(
                f"`batch_size` is larger than the number of rows, {rows}, and is reduced to it. "
                f"Received: batch_size={batch_size}",
                stacklevel=4,
            )
            batch_size = rows
        epochs = 1 if incremental else self.max_iter
        convergence = Convergence(self, rows, None if incremental else epochs, validation)
        try:
            self._network.fit(
                X,
                targets,
                sample_weight=sample_weight,
                batch_size=batch_size,
                epochs=epochs,
                shuffle=self._order(rows),
                verbose=0,
                callbacks=[convergence, *(self.callbacks or [])],
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)

    def _optimizer(self) -> Any:
        rate = self.learning_rate_init
        if self.solver == "sgd":
            return optimizers.SGD(
                rate,
                momentum=self.momentum,
                nesterov=self.nesterovs_momentum,
            )
        return optimizers.Adam(
            rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    def _order(self, rows: int) -> Any:
        """The order of the rows in each epoch, shuffled as by scikit-learn: anew from the last."""
        if not self.shuffle:
            return False
        order = np.arange(rows)

        def shuffled(epoch: int) -> np.ndarray:
            nonlocal order
            order = shuffle(order, random_state=self._random_state)
            return order

        return shuffled

    def _hold_out(self, X: Any, y: Any, targets: np.ndarray, sample_weight: Any) -> Any:
        """The rows to train on, and a function that scores the others."""
        parts = [X, y, targets] if sample_weight is None else [X, y, targets, sample_weight]
        split = train_test_split(
            *parts,
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=self._stratify(targets),
        )
        if len(split[1]) < 2:
            raise ValueError(
                "The validation set is too small: it has one row. Increase `validation_fraction`, "
                "or give more data."
            )
        train_weight, test_weight = split[6:] or (None, None)
        score = lambda: self._validation_score(split[1], split[3], test_weight)  # noqa: E731
        return split[0], split[4], train_weight, score

    # -- results --------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The kernels of all layers, (inputs, units)."""
        return [layer.kernel.numpy() for layer in self._dense_layers()]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of all layers, (units,)."""
        return [layer.bias.numpy() for layer in self._dense_layers()]

    def _dense_layers(self) -> Any:
        if "_network" not in vars(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet")
        return self._network.dense_layers

    def _outputs(self, X: Any, check: bool = True) -> np.ndarray:
        """What the network says of each row, (n, outputs)."""
        if check:
            check_is_fitted(self, "model_")
            X = validate_data(self, X, reset=False, **X_RULES)
        return self.model_.predict(dense(X), batch_size=_PREDICTION_ROWS, verbose=0)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def dense(X: Any) -> np.ndarray:
    """A sparse matrix as an array; the engine gathers rows from dense memory."""
    return X.toarray() if issparse(X) else X
