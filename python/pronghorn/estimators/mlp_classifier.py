# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if

from pronghorn.estimators.class_labels import ClassLabels
from pronghorn.estimators.class_targets import class_targets
from pronghorn.estimators.multilayer_perceptron import (
    X_RULES,
    MultilayerPerceptron,
    is_stochastic,
)


class MLPClassifier(ClassLabels, MultilayerPerceptron):
    """scikit-learn's multilayer perceptron for classes, on this engine.

    With the same `random_state` it starts from scikit-learn's weights, sees its batches and takes
    its steps, in float32 (in the dtype of X with ``solver="lbfgs"``).

    Args:
        hidden_layer_sizes: units of the hidden layers.
        activation: of the hidden layers: "identity", "logistic", "tanh", "relu" or any activation
            of Keras; or a list with one for each layer.
        solver: "adam", "sgd", or "lbfgs" (all rows at once).
        alpha: a: the loss of a batch with weights w in sum gets a / (2 w) times the sum of the
            squares of all kernels.
        batch_size: rows of a batch; "auto": 200.
        learning_rate: for "sgd": "constant"; "invscaling": `learning_rate_init` divided by
            (rows seen + 1)^`power_t`; "adaptive": divided by 5 whenever training would stop.
        learning_rate_init: of the first epoch.
        power_t: see `learning_rate`.
        max_iter: most epochs, or iterations of "lbfgs".
        shuffle: whether the rows come in a new order in each epoch.
        random_state: an int makes a fit repeatable.
        tol: training stops when for more than `n_iter_no_change` epochs the loss has not fallen
            (with `early_stopping`: the validation score has not risen) by this much.
        verbose: print the loss of each epoch.
        warm_start: `fit` goes on with the weights of the last.
        momentum, nesterovs_momentum: of "sgd".
        early_stopping: keep rows for validation, stop by their score, and take the best weights.
        validation_fraction: share of the rows that is kept for it.
        beta_1, beta_2, epsilon: of "adam".
        n_iter_no_change: see `tol`.
        max_fun: most evaluations of the loss by "lbfgs".
        loss: "log_loss", or a loss of Keras, or a function (y_true, y_pred). For two classes and
            for several labels it sees a 0 or 1 and a probability for each, for more classes
            probabilities and one-hot rows (class numbers if it is a sparse loss).
        dropout: rate in [0, 1), or a list with one for each hidden layer.
        batch_normalization: normalize in front of each activation.
        class_weight: class -> weight of its rows; "balanced": inverse to their number.
        callbacks: list of callbacks that watch training.

    Attributes:
        classes_: all classes, in the order of the outputs.
        coefs_, intercepts_: kernels (inputs, units) and biases of the layers.
        model_: the network as a `Sequential` that returns probabilities.
        loss_, best_loss_, loss_curve_: last, least and all losses of the epochs.
        validation_scores_, best_validation_score_: accuracies, with `early_stopping`.
        n_iter_, t_: epochs of the last `fit`, and rows seen.
        n_layers_, n_outputs_, out_activation_: of the network.
        n_features_in_, feature_names_in_: of the data.

    Example:
    >>> from sklearn.datasets import load_iris
    >>> from pronghorn.estimators import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier((10,), solver="lbfgs", random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.97
    True
    """

    def __init__(
        self,
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
        loss: Any = "log_loss",
        dropout: Any = 0.0,
        batch_normalization: bool = False,
        class_weight: Any = None,
        callbacks: Any = None,
    ) -> None:
        given = locals().items()
        # scikit-learn's rule: each argument becomes the attribute of its name.
        self.__dict__.update({name: value for name, value in given if name != "self"})

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """Train one epoch more; the optimizer goes on where it was.

        Args:
            X, y, sample_weight: as in `fit`.
            classes: all classes that will ever come; needed in the first call.

        Returns:
            self
        """
        self._learn_announced_classes(y, classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row, (n,); or all labels with p > 1/2, (n, n_outputs)."""
        return self._classes_of(self._outputs(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, (n, n_classes)."""
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            return np.concatenate([1 - outputs, outputs], axis=1)
        return outputs

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _validate(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        return self._validate_labelled(X, y, reset, **X_RULES)

    def _encode(self, y: Any, learn: bool) -> np.ndarray:
        if learn:
            self._learn_classes(y)
        else:
            self._check_classes(y)
        columns = self._binarizer.transform(y).astype(np.float32)
        self.n_outputs_ = columns.shape[1]
        self.out_activation_ = "logistic"
        if self._binarizer.y_type_ != "multiclass":
            return columns
        self.out_activation_ = "softmax"
        codes = columns.argmax(axis=1).astype(np.int32)
        if isinstance(self.loss, str) and self.loss == "log_loss":
            return codes
        return class_targets(codes, self.n_outputs_, self.n_outputs_, self.loss)

    def _stratify(self, y: np.ndarray) -> np.ndarray | None:
        return y if self.n_outputs_ == 1 else None

    def _classes_of(self, outputs: np.ndarray) -> np.ndarray:
        outputs = outputs.ravel() if self.n_outputs_ == 1 else outputs
        return self._binarizer.inverse_transform(outputs)

    def _validation_score(self, X: Any, y: Any, sample_weight: Any) -> float:
        outputs = self._outputs(X, check=False)
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(accuracy_score(y, self._classes_of(outputs), sample_weight=sample_weight))
