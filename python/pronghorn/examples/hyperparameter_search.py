# SPDX-License-Identifier: Apache-2.0
"""Searches for the size of a network and its learning rate in three ways.

At random with scikit-learn, by cross-validation; with the tuner, in the words of KerasTuner; and
with Optuna, on which the tuner stands (`pip install "pronghorn[sklearn,tuner]"`).

Run it with `python -m pronghorn.examples.hyperparameter_search`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence

import numpy as np
import optuna
from sklearn.model_selection import RandomizedSearchCV

import pronghorn as keras


def build_model(units: int = 32, learning_rate: float = 1e-3) -> keras.Sequential:
    """A classifier of digits."""
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((64,)), *layers])
    adam = keras.optimizers.Adam(learning_rate)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def by_random_search(x: np.ndarray, y: np.ndarray, trials: int, epochs: int) -> dict[str, float]:
    """Settings at random; each trains three models, on two thirds of the data each."""
    estimator = keras.wrappers.KerasClassifier(build_model, epochs=epochs, verbose=0)
    space = {"units": range(8, 129), "learning_rate": np.geomspace(1e-5, 1e-1, 100)}
    search = RandomizedSearchCV(estimator, space, n_iter=trials, cv=3, random_state=0)
    return search.fit(x, y).best_params_


def by_tuner(x: np.ndarray, y: np.ndarray, trials: int, epochs: int) -> dict[str, float]:
    """Bayesian optimization, in the words of KerasTuner."""

    def build(hp):
        return build_model(
            units=hp.Int("units", 8, 128),
            learning_rate=hp.Float("learning_rate", 1e-5, 1e-1, sampling="log"),
        )

    (x, y), valid = keras.utils.split((x, y), stratify=y, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras.tuner.BayesianOptimization(
            build, objective="val_accuracy", max_trials=trials, seed=0, directory=folder
        )
        tuner.search(x, y, epochs=epochs, validation_data=valid, verbose=0)
        return tuner.get_best_hyperparameters()[0].values


def by_optuna(x: np.ndarray, y: np.ndarray, trials: int, epochs: int) -> dict[str, float]:
    """The same with Optuna's own interface, and threads: epochs run without Python's lock."""
    (x, y), valid = keras.utils.split((x, y), stratify=y, seed=0)

    def objective(trial: optuna.Trial) -> float:
        model = build_model(
            units=trial.suggest_int("units", 8, 128),
            learning_rate=trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
        )
        history = model.fit(x, y, epochs=epochs, validation_data=valid, verbose=0)
        return max(history.history["val_accuracy"])

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=trials)  # n_jobs=2 is faster, but a seed fixes nothing then
    return study.best_params


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns the accuracy on test images of the settings that each way found."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.hyperparameter_search")
    parser.add_argument("--trials", type=int, default=20, help="settings to try (20)")
    parser.add_argument("--epochs", type=int, default=10, help="of each trial (10)")
    options = parser.parse_args(argv)
    (x, y), (x_test, y_test) = keras.datasets.digits.load_data()
    x, x_test = x.reshape(-1, 64) / 16, x_test.reshape(-1, 64) / 16

    accuracies = {}
    for way in (by_random_search, by_tuner, by_optuna):
        keras.utils.set_random_seed(42)
        best = way(x, y, options.trials, options.epochs)
        units, rate = int(best["units"]), float(best["learning_rate"])
        model = build_model(units, rate)
        model.fit(x, y, epochs=3 * options.epochs, verbose=0)
        name, (_, accuracy) = way.__name__, model.evaluate(x_test, y_test, verbose=0)
        print(f"{name:>16}: {units:3} units, learning rate {rate:.4f}, accuracy {accuracy:.1%}")
        accuracies[name] = accuracy
    return accuracies


if __name__ == "__main__":
    main()
