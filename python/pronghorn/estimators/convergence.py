# SPDX-License-Identifier: Apache-2.0
"""When scikit-learn's networks stop, and what they note on the way."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from pronghorn.callbacks import Callback


class Convergence(Callback):
    """After each epoch: notes the loss, adapts the learning rate, and stops as scikit-learn does.

    Training stops when for more than `n_iter_no_change` epochs the loss has not fallen by `tol`,
    or, with early stopping, the validation score has not risen by it. `learning_rate="adaptive"`
    first divides the learning rate by 5 as long as it is above 1e-6.

    Args:
        estimator: has the parameters; its `loss_curve_` and so on are written.
        rows: in one epoch.
        epochs: most epochs that will run; reaching them gives a warning. None: no warning.
        validation_score: without arguments, for early stopping.
    """

    def __init__(
        self,
        estimator: Any,
        rows: int,
        epochs: int | None,
        validation_score: Callable[[], float] | None,
    ) -> None:
        super().__init__()
        self.estimator, self.rows, self.epochs = estimator, rows, epochs
        self.validation_score = validation_score
        self.best_weights: list[np.ndarray] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.estimator.n_iter_ = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        estimator = self.estimator
        estimator.n_iter_ += 1
        estimator.t_ += self.rows
        estimator.loss_ = logs["loss"]  # type: ignore[index]
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        improved = self._score_improved(logs) if self.validation_score else self._loss_improved()
        estimator._no_improvement_count = 0 if improved else estimator._no_improvement_count + 1
        if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
            rate = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
            self.model.optimizer.learning_rate = rate
        if estimator._no_improvement_count > estimator.n_iter_no_change:
            self._stop_or_slow_down()
        if estimator.n_iter_ == self.epochs and not self.model.stop_training:
            warnings.warn(
                f"The loss has not converged in max_iter={self.epochs} epochs.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def on_train_abort(self) -> None:
        """Interrupted: the best weights come back all the same."""
        self.on_train_end()

    def _loss_improved(self) -> bool:
        estimator = self.estimator
        improved = not estimator.loss_ > estimator.best_loss_ - estimator.tol
        if estimator.loss_ < estimator.best_loss_:
            estimator.best_loss_ = estimator.loss_
        return improved

    def _score_improved(self, logs: Any) -> bool:
        estimator = self.estimator
        assert self.validation_score is not None
        score = logs["val_score"] = self.validation_score()
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        improved = not score < estimator.best_validation_score_ + estimator.tol
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            self.best_weights = self.model.get_weights()
        return improved

    def _stop_or_slow_down(self) -> None:
        estimator, optimizer = self.estimator, self.model.optimizer
        what = "Validation score" if self.validation_score else "Training loss"
        message = (
            f"{what} did not improve more than tol={estimator.tol:f} for "
            f"{estimator.n_iter_no_change} consecutive epochs."
        )
        adaptive = estimator.solver == "sgd" and estimator.learning_rate == "adaptive"
        rate = float(optimizer.learning_rate)
        if adaptive and rate > 1e-6:
            optimizer.learning_rate = rate / 5
            estimator._no_improvement_count = 0
            message += f" Setting learning rate to {rate / 5:f}"
        else:
            self.model.stop_training = True
            message += " Learning rate too small. Stopping." if adaptive else " Stopping."
        if estimator.verbose:
            print(message)
