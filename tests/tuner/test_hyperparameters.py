# SPDX-License-Identifier: Apache-2.0
"""Hyperparameters against what KerasTuner makes of the same calls."""

from __future__ import annotations

import json

import optuna
import pytest

import pronghorn.tuner as kt
from pronghorn.tuner.searches import HyperbandOracle


@pytest.fixture(scope="module")
def recorded(fixture_path):
    return json.loads(fixture_path("keras/tuner.json").read_text())


@pytest.fixture
def space(recorded):
    hp = kt.HyperParameters()
    for kind, arguments in recorded["calls"]:
        getattr(hp, kind)(**arguments)
    return hp


def test_defaults_are_those_of_keras_tuner(recorded, space):
    assert list(space.values.values()) == recorded["returned"]


def test_grids_are_those_of_keras_tuner(recorded, space):
    for p, grid in zip(space.space, recorded["grids"], strict=True):
        same = sorted(grid) if isinstance(grid[0], str) else pytest.approx(sorted(grid), rel=1e-12)
        assert sorted(p.values) == same, p.name


def test_the_summary_is_that_of_keras_tuner(recorded, space, tmp_path, capsys):
    class Nothing(kt.RandomSearch):
        def run_trial(self, trial):
            return 0.0

    Nothing(hyperparameters=space, directory=tmp_path).search_space_summary()
    assert capsys.readouterr().out == recorded["summary"]


@pytest.mark.parametrize(("epochs", "factor"), [(10, 3), (27, 3), (100, 3), (8, 2)])
def test_hyperband_starts_as_many_trials_as_keras_tuner(recorded, epochs, factor):
    oracle = HyperbandOracle("val_loss", max_epochs=epochs, factor=factor)
    assert oracle.max_trials == recorded["hyperband"][f"{epochs} {factor}"]


def test_what_optuna_suggests_stays_in_the_space_and_can_be_given_back(space):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    for _ in range(50):
        first = study.ask()
        values = {p.name: p.suggest(first, p.name) for p in space.space}
        for p in space.space:
            value = values[p.name]
            assert isinstance(value, type(p.values[0]))
            if getattr(p, "step", 1) is None:
                assert p.min_value <= value <= p.max_value
            else:
                assert value in p.values
        study.enqueue_trial({p.name: p.encode(values[p.name]) for p in space.space})
        again = study.ask()
        for p in space.space:
            value = values[p.name]
            same = value if isinstance(value, str) else pytest.approx(value, rel=1e-9)
            assert p.suggest(again, p.name) == same


def test_the_last_step_of_a_range_is_in_it():
    hp = kt.HyperParameters()
    hp.Float("x", 0, 1, step=0.2)
    assert hp.space[0].values == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_conditional_hyperparameters_are_none_where_they_are_not_active():
    hp = kt.HyperParameters()
    assert hp.Choice("kind", ["a", "b"]) == "a"
    with hp.conditional_scope("kind", ["b"]):
        assert hp.Int("depth", 1, 3) is None
    assert hp.Int("width", 4, 8, parent_name="kind", parent_values=["a"]) == 4
    assert hp.values == {"kind": "a", "width": 4}
    assert "width" in hp
    assert "depth" not in hp
    with pytest.raises(ValueError, match="'depth' is currently inactive"):
        hp.get("depth")
    with pytest.raises(KeyError, match="'height' does not exist"):
        hp["height"]
    with pytest.raises(ValueError, match="'size' is not defined"), hp.conditional_scope("size", 1):
        pass


def test_names_have_scopes():
    hp = kt.HyperParameters()
    with hp.name_scope("encoder"):
        hp.Boolean("bias", default=True)
        assert hp.get("bias") is True
    assert hp.values == {"encoder/bias": True}


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("Int", {"min_value": 3, "max_value": 1}, "must not be greater than `max_value`"),
        ("Int", {"min_value": 1.5, "max_value": 3}, "`min_value` of 'x' must be an integer"),
        ("Float", {"min_value": 0, "max_value": 1, "sampling": "log"}, "must be positive with"),
        ("Float", {"min_value": 0, "max_value": 1, "sampling": "lin"}, "`sampling` of 'x' must be"),
        ("Int", {"min_value": 1, "max_value": 4, "step": 1, "sampling": "log"}, "greater than 1"),
        ("Float", {"min_value": 0, "max_value": 1, "step": 0}, "`step` of 'x' must be greater"),
        ("Choice", {"values": []}, "must not be empty"),
        ("Choice", {"values": [1, 2], "default": 3}, "`default` of 'x' must be one of"),
    ],
)
def test_wrong_arguments_are_named(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(kt.HyperParameters(), kind)("x", **arguments)


def test_choices_are_of_one_type():
    with pytest.raises(TypeError, match="all of one type"):
        kt.HyperParameters().Choice("x", [1, "a"])


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_loss", "min"),
        ("val_accuracy", "max"),
        ("acc", "max"),
        ("val_sparse_categorical_accuracy", "max"),
        ("val_auc", "max"),
        ("mae", "min"),
        ("val_mean_absolute_error", "min"),
        ("RootMeanSquaredError", "min"),
        ("val_r2_score", "max"),
    ],
)
def test_objectives_know_their_direction(name, direction):
    assert kt.Oracle(name).objective == kt.Objective(name, direction)


def test_an_unknown_objective_needs_a_direction():
    with pytest.raises(ValueError, match="Could not infer the direction of 'val_profit'"):
        kt.Oracle("val_profit")
    assert kt.Oracle(kt.Objective("val_profit", "max")).objective.direction == "max"
