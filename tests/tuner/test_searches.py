# SPDX-License-Identifier: Apache-2.0
"""Searches: what they try, what they keep, and what becomes of trials that fail or are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import optuna
import pytest

import pronghorn as keras
import pronghorn.tuner as kt

RNG = np.random.default_rng(0)
X = RNG.normal(size=(96, 4)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")
FIT = {"epochs": 2, "validation_data": (X[64:], Y[64:]), "verbose": 0}


def build(hp):
    """In the shape of the book's: the depth, the width, the optimizer and its rate."""
    model = keras.Sequential()
    for _ in range(hp.Int("n_hidden", min_value=0, max_value=3, default=1)):
        model.add(keras.layers.Dense(hp.Int("n_neurons", 4, 16), activation="relu"))
    model.add(keras.layers.Dense(2, activation="softmax"))
    rate = hp.Float("learning_rate", min_value=1e-4, max_value=1e-1, sampling="log")
    optimizer = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    chosen = optimizer[hp.Choice("optimizer", values=["sgd", "adam"])]
    model.compile(chosen(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Normalizing(kt.HyperModel):
    """The book's subclass, with a `fit` of its own."""

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, X, y, **kwargs):
        if hp.Boolean("normalize"):
            norm_layer = keras.layers.Normalization()
            norm_layer.adapt(X)
            X = norm_layer(X)
        return model.fit(X, y, **kwargs)


@pytest.fixture
def project(tmp_path):
    return {"directory": tmp_path, "overwrite": True, "seed": 42}


def found(tuner):
    """Values and scores by trial."""
    trials = tuner.oracle.trials.values()
    return {t.trial_id: (t.hyperparameters.values, t.score) for t in trials}


def test_the_books_random_search(project, capsys):
    tuner = kt.RandomSearch(
        build, objective="val_accuracy", max_trials=4, project_name="my_rnd_search", **project
    )
    tuner.search(X[:64], Y[:64], **FIT)
    assert capsys.readouterr().out == ""
    best = tuner.oracle.get_best_trials(num_trials=1)[0]
    score = best.metrics.get_last_value("val_accuracy")
    assert score == best.score == max(score for _, score in found(tuner).values())
    top = tuner.get_best_models(num_models=3)
    assert len(top) == 3
    loss, accuracy = top[0].evaluate(X[64:], Y[64:], verbose=0)
    assert accuracy == pytest.approx(score)
    assert tuner.get_best_hyperparameters(num_trials=3)[0].values == best.hyperparameters.values
    best.summary()
    printed = capsys.readouterr().out
    assert printed.startswith(f"Trial {best.trial_id} summary\nHyperparameters:\nn_hidden: ")
    assert printed.endswith(f"Score: {best.score}\n")
    tuner.results_summary(num_trials=2)
    assert f"Results in {tuner.project_dir}\nShowing 2 best trials" in capsys.readouterr().out
    assert tuner.project_dir == str(project["directory"] / "my_rnd_search")


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("search", [kt.RandomSearch, kt.GridSearch])
def test_threads_change_neither_values_nor_scores(project, search, jobs):
    alone = search(build, "val_loss", max_trials=6, project_name="alone", **project)
    alone.search(X[:64], Y[:64], **FIT)
    side_by_side = search(
        build, "val_loss", max_trials=6, project_name="threads", n_jobs=jobs, **project
    )
    side_by_side.search(X[:64], Y[:64], **FIT)
    assert found(side_by_side) == found(alone)


@pytest.mark.parametrize(
    ("search", "given"),
    [
        (kt.RandomSearch, {"max_trials": 3}),
        (kt.BayesianOptimization, {"max_trials": 6, "num_initial_points": 3, "beta": 2.6}),
        (kt.Hyperband, {"max_epochs": 4, "factor": 2}),
    ],
)
def test_a_seed_repeats_a_search(project, search, given):
    results = []
    for _ in range(2):
        tuner = search(Normalizing(), "val_accuracy", **given, **project)
        stop = keras.callbacks.EarlyStopping(patience=2)
        tuner.search(X[:64], Y[:64], callbacks=[stop], **FIT)
        results.append(found(tuner))
    assert results[0] == results[1]
    assert any("normalize" in values for values, _ in results[0].values())
    assert not hasattr(stop, "model") or stop.model is None  # every trial had a copy of it


def test_hyperband_gives_up_most_trials_early(project):
    tuner = kt.Hyperband(build, "val_accuracy", max_epochs=9, factor=3, **project)
    tuner.search(X[:64], Y[:64], **FIT)
    epochs = [values["tuner/epochs"] for values, _ in found(tuner).values()]
    assert len(epochs) == tuner.oracle.max_trials
    assert set(epochs) <= {1, 3, 9}
    assert epochs.count(9) < len(epochs) / 2
    assert {t.state.name for t in tuner.oracle.study.trials} == {"COMPLETE", "PRUNED"}


def test_bayesian_optimization_comes_closer_than_its_random_trials(project):
    class Parabola(kt.BayesianOptimization):
        def run_trial(self, trial, *args, **kwargs):
            hp = trial.hyperparameters
            return (hp.Float("x", -10, 10) - 3) ** 2 + (hp.Float("y", -10, 10) + 2) ** 2

    hp = kt.HyperParameters()
    hp.Float("x", -10, 10)
    hp.Float("y", -10, 10)
    tuner = Parabola(max_trials=60, num_initial_points=15, hyperparameters=hp, **project)
    tuner.search()
    scores = [score for _, score in found(tuner).values()]
    assert np.median(scores[-15:]) < np.median(scores[:15]) / 4


def test_a_grid_is_complete_and_knows_conditions(project):
    class Table(kt.GridSearch):
        def run_trial(self, trial, *args, **kwargs):
            return {"cost": 1.0}

    hp = kt.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    hp.Int("depth", 1, 3, parent_name="kind", parent_values=["b"])
    hp.Boolean("bias")
    tuner = Table(
        objective=kt.Objective("cost", "min"), max_trials=None, hyperparameters=hp, **project
    )
    tuner.search(verbose=0)
    tried = [tuple(values.items()) for values, _ in found(tuner).values()]
    expected = [(("kind", "a"), ("bias", bias)) for bias in (True, False)]
    expected += [
        (("kind", "b"), ("depth", depth), ("bias", bias))
        for depth in (1, 2, 3)
        for bias in (True, False)
    ]
    assert tried == expected


def test_an_exhausted_space_ends_a_random_search(project):
    class Coin(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            return float(trial.hyperparameters.Boolean("heads"))

    hp = kt.HyperParameters()
    hp.Boolean("heads")
    tuner = Coin(max_trials=10, hyperparameters=hp, **project)
    tuner.search(verbose=0)
    assert sorted(values["heads"] for values, _ in found(tuner).values()) == [False, True]


def test_conditions_that_a_model_hides_are_found_before_the_first_trial(project):
    def conditional(hp):
        kind = hp.Choice("kind", ["small", "large"])
        units = 1
        with hp.conditional_scope("kind", ["large"]):
            if kind == "large":
                units = hp.Int("units", 10, 20)
        model = keras.Sequential([keras.layers.Dense(units), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    tuner = kt.RandomSearch(conditional, "val_loss", max_trials=8, **project)
    assert [p.name for p in tuner.oracle.get_space().space] == ["kind", "units"]
    tuner.search(X[:64], Y[:64], **FIT)
    for values, _ in found(tuner).values():
        assert ("units" in values) == (values["kind"] == "large")


def test_executions_are_averaged_and_differ(project):
    tuner = kt.RandomSearch(build, "loss", max_trials=1, executions_per_trial=3, **project)
    seen = []

    class Watched(kt.HyperModel):
        def build(self, hp):
            return build(hp)

        def fit(self, hp, model, *args, **kwargs):
            seen.append(model.fit(*args, **kwargs))
            return seen[-1]

    tuner.hypermodel = Watched()
    tuner.search(X, Y, epochs=2, verbose=0)
    best = [min(history.history["loss"]) for history in seen]
    assert len(set(best)) == 3
    assert found(tuner)["0"][1] == pytest.approx(np.mean(best))


def test_trials_that_fail_are_retried_and_then_end_the_search(project):
    calls = []

    class Failing(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            calls.append(trial.trial_id)
            raise OSError("no more memory")

    hp = kt.HyperParameters()
    hp.Float("x", 0, 1)
    tuner = Failing(
        hyperparameters=hp,
        max_trials=10,
        max_retries_per_trial=1,
        max_consecutive_failed_trials=2,
        **project,
    )
    with pytest.raises(RuntimeError, match=r"2 trials failed(.|\n)*no more memory"):
        tuner.search(verbose=0)
    assert calls == ["00", "00", "01", "01"]
    assert tuner.oracle.get_best_trials() == []


def test_a_trial_that_has_no_score_yet_is_not_among_the_best(project):
    oracle = kt.RandomSearch(build, "val_loss", max_trials=2, **project).oracle
    done, ending = oracle.create_trial(), oracle.create_trial()
    oracle.update_trial(done.trial_id, {"val_loss": 0.5})
    done.status = ending.status = "COMPLETED"  # as another thread may see it
    oracle.end_trial(done)
    assert oracle.get_best_trials(2) == [done]


def test_a_nan_is_a_failure_and_others_go_on(project):
    class Sometimes(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            return float("nan") if int(trial.trial_id) % 2 else 1.0

    hp = kt.HyperParameters()
    hp.Float("x", 0, 1)
    tuner = Sometimes(hyperparameters=hp, max_trials=4, **project)
    tuner.search(verbose=0)
    assert [t.status for t in tuner.oracle.trials.values()] == ["COMPLETED", "FAILED"] * 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "Did you forget to return"),
        ({"loss": 1.0}, "must report the objective 'val_loss'"),
        ("good", "must return a float, a dict, a History"),
    ],
)
def test_wrong_results_end_the_search_at_once(project, result, message, jobs):
    class Wrong(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            return result

    hp = kt.HyperParameters()
    hp.Float("x", 0, 1)
    tuner = Wrong(objective="val_loss", hyperparameters=hp, n_jobs=jobs, **project)
    with pytest.raises(kt.errors.FatalError, match=message):
        tuner.search(verbose=0)


def test_models_that_are_too_large_or_none_are_refused(project):
    with pytest.raises(RuntimeError, match="more than max_model_size=3"):
        kt.RandomSearch(built, "loss", max_model_size=3, **project).search(X, Y, verbose=0)
    with pytest.raises(TypeError, match="must return a model"):
        kt.RandomSearch(lambda hp: hp.Float("x", 0, 1), "loss", **project).search(X, Y, verbose=0)
    with pytest.raises(ValueError, match="has no argument|unexpected keyword argument 'trials'"):
        kt.RandomSearch(build, "loss", trials=3, **project)


def built(hp):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    hp.Float("x", 0, 1)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_a_project_is_continued(project, capsys):
    first = kt.RandomSearch(build, "val_loss", max_trials=2, **project)
    first.search(X[:64], Y[:64], **FIT)
    whole = kt.RandomSearch(build, "val_loss", max_trials=4, project_name="whole", **project)
    whole.search(X[:64], Y[:64], **FIT)
    again = kt.RandomSearch(build, "val_loss", max_trials=4, **project | {"overwrite": False})
    assert "Reloading Tuner from" in capsys.readouterr().out
    assert found(again) == found(first)
    assert again.remaining_trials == 2
    again.search(X[:64], Y[:64], **FIT)
    assert list(found(again).values()) == list(found(whole).values())
    scores = [model.evaluate(X[64:], Y[64:], verbose=0)[0] for model in again.get_best_models(4)]
    assert scores == pytest.approx(sorted(score for _, score in found(whole).values()))


def test_any_storage_of_optuna_will_do(project, tmp_path):
    url = f"sqlite:///{tmp_path}/studies.db"
    for storage in (optuna.storages.InMemoryStorage(), url):
        tuner = kt.RandomSearch(build, "val_loss", max_trials=2, storage=storage, **project)
        tuner.search(X[:64], Y[:64], **FIT)
    study = optuna.load_study(study_name="untitled_project", storage=url)
    assert study.best_value == min(score for _, score in found(tuner).values())
    study._storage.remove_session()
    tuner.oracle.study._storage.remove_session()


SEARCH = """
    import sys, time
    import pronghorn.tuner as kt

    class Slow(kt.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            x = trial.hyperparameters.Float("x", 0, 1)
            print(f"{trial.trial_id} {x}\\n", end="", flush=True)  # two threads: whole lines
            time.sleep(float(sys.argv[2]))
            return x

    hp = kt.HyperParameters()
    hp.Float("x", 0, 1)
    tuner = Slow(hyperparameters=hp, max_trials=5, seed=7, directory=sys.argv[1], n_jobs=2)
    tuner.search(verbose=0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_search_does_its_unfinished_trials_again(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(SEARCH)]

    def run(folder, seconds):
        return subprocess.run(
            [*command, str(folder), str(seconds)], check=True, capture_output=True, text=True
        ).stdout.splitlines()

    whole = sorted(run(tmp_path / "whole", 0))
    killed = subprocess.Popen(
        [*command, str(tmp_path / "killed"), "1000"], stdout=subprocess.PIPE, text=True
    )
    begun = sorted([killed.stdout.readline().strip(), killed.stdout.readline().strip()])
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    resumed = run(tmp_path / "killed", 0)
    assert resumed[0].startswith("Reloading Tuner from")
    assert begun == whole[:2]
    assert sorted(resumed[1:]) == whole


def test_an_interrupt_leaves_trials_to_be_done_again(project):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    tuner = kt.RandomSearch(build, "val_loss", max_trials=2, **project)
    with pytest.raises(KeyboardInterrupt):
        tuner.search(X[:64], Y[:64], callbacks=[Interrupt()], **FIT)
    tuner.search(X[:64], Y[:64], **FIT)
    whole = kt.RandomSearch(build, "val_loss", max_trials=2, project_name="whole", **project)
    whole.search(X[:64], Y[:64], **FIT)
    assert found(tuner) == found(whole)


def test_pruning_in_a_study_of_ones_own():
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.5))

    def objective(trial):
        model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
        model.compile(keras.optimizers.SGD(0.0), "mse")
        watch = kt.OptunaPruning(trial, "loss")
        target = np.full(96, trial.number, "float32")
        history = model.fit(X, target, epochs=3, verbose=0, callbacks=[watch])
        return history.history["loss"][-1]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study.optimize(objective, n_trials=2)
    assert [t.state.name for t in study.trials] == ["COMPLETE", "PRUNED"]
    assert study.trials[1].user_attrs["pruned"] == 1


def test_a_log_gets_one_line_per_trial(project, capsys):
    tuner = kt.RandomSearch(build, "val_loss", max_trials=2, **project)
    tuner.search(X[:64], Y[:64], **FIT | {"verbose": 2})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["Trial 0/2", "Trial 1/2"]
    assert all("val_loss: " in line and "best so far: " in line for line in lines)


def test_hooks_of_a_tuner_are_called(project):
    events = []

    class Hooked(kt.RandomSearch):
        def on_epoch_end(self, trial, model, epoch, logs=None):
            events.append((trial.trial_id, epoch, sorted(logs)))

        def on_batch_end(self, trial, model, batch, logs=None):
            events.append(batch)

    tuner = Hooked(build, "loss", max_trials=1, **project)
    tuner.search(X, Y, epochs=1, verbose=0)
    assert events == [0, 1, 2, ("0", 0, ["accuracy", "loss"])]


def test_automatic_names_begin_anew_in_each_trial(project):
    names = []

    def named(hp):
        model = built(hp)
        names.append([layer.name for layer in model.layers])
        time.sleep(0.01)
        return model

    keras.layers.Dense(1)
    tuner = kt.RandomSearch(named, "loss", max_trials=4, n_jobs=2, **project)
    tuner.search(X, Y, verbose=0)
    assert names == [["dense"]] * len(names)
