# SPDX-License-Identifier: Apache-2.0
"""MLflow and Weights & Biases: the real ones where they are installed, stand-ins everywhere."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.callbacks import MLflowLogger, WandbLogger

X = np.linspace(-1, 1, 8).reshape(4, 2)


def fit(*callbacks, **arguments):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="net")
    model.compile(keras.optimizers.Adam(0.25), "mse")
    return model.fit(X, X[:, 0], epochs=3, callbacks=callbacks, verbose=0, **arguments)


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


@pytest.fixture
def mlflow(monkeypatch):
    """The calls, in order, of the functions of MLflow that log."""

    class StandIn(ModuleType):
        calls: list
        run = None

        def active_run(self):
            return self.run

        def start_run(self, **arguments):
            self.run = SimpleNamespace(**arguments)

        def end_run(self, status):
            self.calls.append(("end", status))
            self.run = None

        def log_params(self, params):
            self.calls.append(("params", params))

        def log_metrics(self, metrics, step):
            self.calls.append(("metrics", metrics, step))

        def log_text(self, text, name):
            self.calls.append((name, text))

        def log_artifact(self, path):
            with open(path, "rb") as file:
                self.calls.append((path, file.read(2)))

    module = StandIn("mlflow")
    module.calls = []
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return module


def test_mlflow_gets_settings_summary_and_the_history(mlflow):
    history = fit(MLflowLogger(), validation_data=(X, X[:, 0])).history
    (_, params), (name, summary), *metrics, end = mlflow.calls
    assert params["epochs"] == 3
    assert params["parameters"] == 3
    assert params["loss"] == "mse"
    assert (params["optimizer"], params["optimizer_learning_rate"]) == ("Adam", 0.25)
    assert name == "model_summary.txt"
    assert "Trainable params: 3" in summary
    assert end == ("end", "FINISHED")
    for epoch, (kind, values, step) in enumerate(metrics):
        assert (kind, step) == ("metrics", epoch)
        assert values == {key: history[key][epoch] for key in ("loss", "val_loss")}


def test_an_active_run_of_mlflow_is_used_and_stays_open(mlflow):
    mlflow.start_run()
    fit(MLflowLogger())
    assert mlflow.run is not None
    assert ("end", "FINISHED") not in mlflow.calls


def test_an_interrupted_run_of_mlflow_has_failed(mlflow):
    with pytest.raises(KeyboardInterrupt):
        fit(MLflowLogger(run_name="short"), Interrupt())
    assert mlflow.calls[-1] == ("end", "FAILED")


def test_a_metric_of_several_values_becomes_several_numbers(mlflow):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    model.fit(np.ones((3, 2)), np.eye(3), callbacks=[MLflowLogger()], verbose=0)
    values = next(call[1] for call in mlflow.calls if call[0] == "metrics")
    assert set(values) == {"loss", "f1_score_0", "f1_score_1", "f1_score_2"}
    assert all(type(value) is float for value in values.values())


def test_the_real_mlflow_stores_it(tmp_path, monkeypatch):
    real = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    before = real.get_tracking_uri()
    real.set_tracking_uri((tmp_path / "runs").as_uri())
    try:
        history = fit(MLflowLogger(run_name="real"))
        (run,) = real.search_runs(output_format="list", search_all_experiments=True)
        points = real.MlflowClient().get_metric_history(run.info.run_id, "loss")
    finally:
        real.set_tracking_uri(before)
    assert (run.info.run_name, run.info.status) == ("real", "FINISHED")
    assert run.data.params["optimizer"] == "Adam"
    assert [(p.step, p.value) for p in points] == [*enumerate(history.history["loss"])]


@pytest.fixture
def wandb(monkeypatch):
    class Run:
        def __init__(self, **arguments):
            self.arguments, self.rows, self.exit_code = arguments, [], None
            self.config = SimpleNamespace(update=self.update)

        def update(self, values, allow_val_change):
            self.settings = values

        def log(self, row):
            self.rows.append(row)

        def finish(self, exit_code):
            self.exit_code = exit_code

    module = ModuleType("wandb")
    module.run, module.runs = None, []

    def init(**arguments):
        module.runs.append(Run(**arguments))
        return module.runs[-1]

    module.init = init
    module.Run = Run
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def test_wandb_gets_settings_and_the_history(wandb):
    history = fit(WandbLogger(project="p")).history
    (run,) = wandb.runs
    assert run.arguments == {"project": "p"}
    assert run.settings["optimizer_learning_rate"] == 0.25
    assert run.rows == [{"epoch": i, "loss": loss} for i, loss in enumerate(history["loss"])]
    assert run.exit_code == 0


def test_a_current_run_of_wandb_is_used_and_stays_open(wandb):
    wandb.run = wandb.Run()
    fit(WandbLogger())
    assert not wandb.runs
    assert len(wandb.run.rows) == 3
    assert wandb.run.exit_code is None


def test_an_interrupted_run_of_wandb_has_failed(wandb):
    with pytest.raises(KeyboardInterrupt):
        fit(WandbLogger(), Interrupt())
    assert wandb.runs[0].exit_code == 1


@pytest.mark.parametrize(("logger", "package"), [(MLflowLogger, "mlflow"), (WandbLogger, "wandb")])
def test_without_the_package_it_says_what_to_install(logger, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"pip install '{package}'"):
        logger()
