# SPDX-License-Identifier: Apache-2.0
"""Every example runs, is short, and shows what it says; on data that come with the package."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import examples

NAMES = sorted(module.name for module in pkgutil.iter_modules(examples.__path__))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    if plt := pytest.importorskip("matplotlib.pyplot"):
        plt.close("all")


def run(name, *arguments):
    return import_module(f"pronghorn.examples.{name}").main(arguments)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_how_to_run_it_and_has_options(name, capsys):
    module = import_module(f"pronghorn.examples.{name}")
    assert f"python -m pronghorn.examples.{name}" in module.__doc__
    with pytest.raises(SystemExit):
        module.main(["--help"])
    assert f"usage: python -m pronghorn.examples.{name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"quickstart"}))
def test_an_example_is_shorter_than_100_lines(name):
    path = Path(examples.__path__[0]) / f"{name}.py"
    assert len(path.read_text().splitlines()) < 100


def test_threshold_units_compute_the_gates(capsys):
    columns = run("logic_gates")
    assert columns["AND"] == [0, 0, 0, 1]
    assert columns["OR"] == [0, 1, 1, 1]
    assert columns["NAND"] == [1, 1, 1, 0]
    assert columns["XOR of gates"] == columns["XOR learned"] == [0, 1, 1, 0]
    assert "a  b  AND" in capsys.readouterr().out


def test_a_perceptron_separates_what_a_line_can():
    pytest.importorskip("sklearn")
    scores = run("perceptron_iris")
    assert scores["setosa, by a perceptron"] == 1.0
    assert 0.6 < scores["virginica, by a perceptron"] < scores["virginica, by a network"]
    assert scores["virginica, by a network"] > 0.94
    assert Path("perceptron-iris.png").stat().st_size > 10_000


def test_the_classifier_of_images_reaches_95_percent(capsys):
    assert run("image_classifier", "--epochs", "12") > 0.95
    assert {p.name for p in Path("image-classifier").iterdir()} == {
        "best.weights.h5",
        "confusion.png",
        "curves.png",
        "logs",
    }
    assert any(Path("image-classifier/logs/validation").iterdir())


def test_the_regression_is_much_better_than_the_mean(monkeypatch, capsys):
    def no_network(*arguments, **keywords):
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.california_housing, "load_data", no_network)
    assert run("california_housing", "--epochs", "30") < 0.4
    assert "invented districts" in capsys.readouterr().out


def test_wide_and_deep_is_better_than_deep_alone():
    wide_and_deep, deep = run("wide_and_deep", "--epochs", "40")
    assert wide_and_deep < 0.3 < 0.6 < deep  # the part it cannot see deviates by 0.735
    assert Path("wide-and-deep.png").stat().st_size > 10_000


def test_a_dynamic_model_learns():
    assert run("dynamic_model", "--epochs", "25") > 0.9


def test_each_search_finds_settings_that_learn():
    pytest.importorskip("sklearn")
    pytest.importorskip("optuna")
    accuracies = run("hyperparameter_search", "--trials", "4", "--epochs", "4")
    assert accuracies.keys() == {"by_random_search", "by_tuner", "by_optuna"}
    assert min(accuracies.values()) > 0.85


def test_a_model_is_the_same_after_saving_and_interruptions():
    same = run("saving_and_resuming", "--epochs", "4")
    assert {"resumed", "loaded", "optimizer"} <= same.keys()
    assert all(same.values())


def test_the_learning_rate_found_is_a_good_one():
    losses = run("learning_rate_finder")
    slow, slower, found, _, diverged = np.array(list(losses.values()))
    assert found < slower < slow
    assert found < diverged
    assert Path("learning-rate.png").stat().st_size > 10_000
