# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import validate_data

from pronghorn.estimators.multilayer_perceptron import X_RULES, MultilayerPerceptron


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """scikit-learn's multilayer perceptron for values, on this engine.

    With the same `random_state` it starts from scikit-learn's weights, sees its batches and takes
    its steps, in float32 (in the dtype of X with ``solver="lbfgs"``).

    Args:
        loss: "squared_error" (half of it); "poisson": half the deviance, and the prediction is the
            exponential of the output; or a loss of Keras, or a function (y_true, y_pred).
        **others: as for `MLPClassifier`, without `class_weight`.

    Attributes:
        coefs_, intercepts_: kernels (inputs, units) and biases of the layers.
        model_: the network as a `Sequential` that returns predictions.
        loss_, best_loss_, loss_curve_: last, least and all losses of the epochs.
        validation_scores_, best_validation_score_: R^2, with `early_stopping`.
        n_iter_, t_: epochs of the last `fit`, and rows seen.
        n_layers_, n_outputs_, out_activation_: of the network.
        n_features_in_, feature_names_in_: of the data.

    Example:
    >>> import numpy as np
    >>> from pronghorn.estimators import MLPRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> regressor = MLPRegressor(hidden_layer_sizes=10, solver="lbfgs", random_state=0)
    >>> regressor.fit(X, X.sum(axis=1)).score(X, X.sum(axis=1)) > 0.99
    True
    """

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        batch_normalization: bool = False,
        callbacks: Any = None,
    ) -> None:
        given = locals().items()
        # scikit-learn's rule: each argument becomes the attribute of its name.
        self.__dict__.update({name: value for name, value in given if name != "self"})

    def predict(self, X: Any) -> np.ndarray:
        """The predicted values, (n,) or (n, n_outputs)."""
        return _squeezed(self._outputs(X))

    def _validate(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, reset=reset, **X_RULES)
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if isinstance(self.loss, str) and self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' needs y >= 0. Received: y with {y.min()}")
        return X, y

    def _encode(self, y: Any, learn: bool) -> np.ndarray:
        targets = y.reshape(-1, 1) if y.ndim == 1 else y
        self.n_outputs_ = targets.shape[1]
        poisson = isinstance(self.loss, str) and self.loss == "poisson"
        self.out_activation_ = "exp" if poisson else "identity"
        return targets if targets.dtype.kind == "f" else targets.astype(np.float64)

    def _validation_score(self, X: Any, y: Any, sample_weight: Any) -> float:
        outputs = self._outputs(X, check=False)
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(y, _squeezed(outputs), sample_weight=sample_weight))


def _squeezed(outputs: np.ndarray) -> np.ndarray:
    return outputs.ravel() if outputs.shape[1] == 1 else outputs
