# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import tempfile
from typing import Any

from pronghorn._extras import require
from pronghorn.callbacks._run_settings import numbers_in, settings_of
from pronghorn.callbacks.callback import Callback, Logs


class MLflowLogger(Callback):
    """Logs training to MLflow: settings, the summary of the model, the values of each epoch.

    It logs into the active run, or starts one and ends it with the training. Where that is stored,
    `mlflow.set_tracking_uri` and `mlflow.set_experiment` say. It needs the package `mlflow` (or
    `mlflow-skinny`).

    Args:
        log_model: also keep the trained model, as the artifact `model.keras`.
        **start_run: arguments of `mlflow.start_run`, such as `run_name` and `tags`, for a run of
            its own.

    Raises:
        ImportError: the package is missing.

    Example:
    >>> import pronghorn as keras
    >>> def fit_and_track(model, x, y):
    ...     model.fit(x, y, callbacks=[keras.callbacks.MLflowLogger(run_name="wider")])
    """

    def __init__(self, log_model: bool = False, **start_run: Any) -> None:
        super().__init__()
        require("mlflow", "mlflow", "The callback MLflowLogger")
        self.log_model = log_model
        self.start_run = start_run
        self._owns_run = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        import mlflow

        self._owns_run = mlflow.active_run() is None
        if self._owns_run:
            mlflow.start_run(**self.start_run)
        mlflow.log_params(settings_of(self.model, self.params))
        lines: list[str] = []
        self.model.summary(print_fn=lines.append)
        mlflow.log_text("\n".join(lines), "model_summary.txt")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        import mlflow

        mlflow.log_metrics(numbers_in(logs), step=epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        import mlflow

        if self.log_model:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.keras")
                self.model.save(path)
                mlflow.log_artifact(path)
        self._end("FINISHED")

    def on_train_abort(self) -> None:
        """The run is marked as failed."""
        self._end("FAILED")

    def _end(self, status: str) -> None:
        import mlflow

        if self._owns_run:
            mlflow.end_run(status)
            self._owns_run = False
