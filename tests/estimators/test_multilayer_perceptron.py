# SPDX-License-Identifier: Apache-2.0
"""MLPClassifier and MLPRegressor against scikit-learn's own, and beyond them."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.neural_network
from scipy.sparse import csr_matrix
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

import pronghorn as keras
from pronghorn import estimators

EPS = np.finfo(np.float32).eps

IRIS = load_iris(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
LABELS = make_multilabel_classification(random_state=0)
NAMES = ["setosa", "versicolor", "virginica"]

# name of the estimator -> (X, y, parameters); every row also runs in scikit-learn.
CASES = {
    "adam, classes with names": (scale(IRIS[0]), np.array(NAMES)[IRIS[1]], {}),
    "adam, two classes, early stopping": (scale(CANCER[0]), CANCER[1], {"early_stopping": True}),
    "sgd with Nesterov momentum": (scale(IRIS[0]), IRIS[1], {"solver": "sgd", "batch_size": 7}),
    "sgd without momentum": (scale(IRIS[0]), IRIS[1], {"solver": "sgd", "momentum": 0.0}),
    "sgd, adaptive": (
        scale(CANCER[0]),
        CANCER[1],
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    ),
    "sgd, inverse scaling, logistic": (
        scale(CANCER[0]),
        CANCER[1],
        {"solver": "sgd", "learning_rate": "invscaling", "activation": "logistic"},
    ),
    "rows in their order": (scale(IRIS[0]), IRIS[1], {"shuffle": False, "batch_size": 32}),
    "several labels, tanh": (*LABELS, {"activation": "tanh"}),
    "no hidden layer, strong penalty": (
        scale(IRIS[0]),
        IRIS[1],
        {"hidden_layer_sizes": (), "alpha": 3.0},
    ),
    "regression": (DIABETES[0], scale(DIABETES[1]), {"alpha": 0.1}),
    "regression, early stopping": (DIABETES[0], scale(DIABETES[1]), {"early_stopping": True}),
    "regression of two values": (
        DIABETES[0],
        np.stack([scale(DIABETES[1]), scale(DIABETES[1]) ** 2], axis=1),
        {"batch_size": 64, "activation": "identity"},
    ),
    "Poisson regression": (DIABETES[0], DIABETES[1] // 40, {"loss": "poisson"}),
    "lbfgs, classes": (scale(IRIS[0]), IRIS[1], {"solver": "lbfgs", "activation": "tanh"}),
    "lbfgs, regression": (
        DIABETES[0],
        scale(DIABETES[1]),
        {"solver": "lbfgs", "activation": "logistic", "max_iter": 15},
    ),
}


def both(case, **changes):
    X, y, parameters = CASES[case]
    is_classifier = "egression" not in case
    name = "MLPClassifier" if is_classifier else "MLPRegressor"
    given = {"hidden_layer_sizes": (12, 7), "max_iter": 12, "random_state": 3}
    given |= parameters | changes
    theirs = getattr(sklearn.neural_network, name)(**given)
    return X, y, theirs, getattr(estimators, name)(**given)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_follows_scikit_learn(case, weighted):
    X, y, theirs, ours = both(case)
    weight = np.random.default_rng(0).uniform(0.2, 3, len(X)) if weighted else None
    theirs.fit(X, y, weight)
    ours.fit(X, y, weight)
    # Up to 12 epochs of up to 22 steps in float32; each adds a rounding of some eps.
    close = {"rtol": 1e3 * EPS, "atol": 1e3 * EPS}
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.out_activation_ == theirs.out_activation_
    np.testing.assert_allclose(ours.loss_, theirs.loss_, **close)
    for mine, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine, other, **close)
    for mine, other in zip(ours.intercepts_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(mine, other, **close)
    if ours.solver != "lbfgs":
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, **close)
        assert ours.t_ == theirs.t_
        assert (ours.best_loss_ is None) == (theirs.best_loss_ is None)
        if ours.early_stopping:
            np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, **close)
        else:
            np.testing.assert_allclose(ours.best_loss_, theirs.best_loss_, **close)
    if hasattr(ours, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), **close)
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    else:
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), **close)


def test_stops_in_the_epoch_in_which_scikit_learn_does():
    X, y, theirs, ours = both("adam, classes with names", tol=0.01, max_iter=500)
    assert ours.fit(X, y).n_iter_ == theirs.fit(X, y).n_iter_ < 500


@pytest.mark.parametrize("case", ["sgd with Nesterov momentum", "regression"])
def test_partial_fit_goes_on_with_the_optimizer(case):
    X, y, theirs, ours = both(case)
    classes = {"classes": np.unique(y)} if case != "regression" else {}
    for _ in range(4):
        theirs.partial_fit(X, y, **classes)
        ours.partial_fit(X, y, **classes)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e3 * EPS, atol=1e3 * EPS)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_warm_start_goes_on_with_the_weights():
    X, y, theirs, ours = both("sgd with Nesterov momentum", warm_start=True)
    for estimator in (theirs, ours):
        estimator.fit(X, y).fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e3 * EPS, atol=1e3 * EPS)
    assert len(ours.loss_curve_) == len(theirs.loss_curve_) == 24


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", ["MLPClassifier", "MLPRegressor"])
def test_weight_k_is_a_row_repeated_k_times(estimator):
    X, y = IRIS
    repeats = np.random.default_rng(0).integers(0, 4, len(y))
    given = {"hidden_layer_sizes": (5,), "solver": "lbfgs", "max_iter": 10, "random_state": 0}
    made = [getattr(estimators, estimator)(**given) for _ in range(2)]
    made[0].fit(X, y, sample_weight=repeats)
    made[1].fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    np.testing.assert_allclose(made[0].coefs_[0], made[1].coefs_[0], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_class_weights_are_weights_of_rows():
    X, y = IRIS
    a = estimators.MLPClassifier(max_iter=5, random_state=0, class_weight={0: 3, 1: 1, 2: 0.5})
    b = estimators.MLPClassifier(max_iter=5, random_state=0)
    a.fit(X, y)
    b.fit(X, y, sample_weight=np.array([3, 1, 0.5])[y])
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])


def test_a_batch_in_which_no_row_weighs_anything_has_no_gradient():
    X, y = IRIS
    weight = np.repeat([1.0, 0.0], [100, 50])
    classifier = estimators.MLPClassifier(shuffle=False, batch_size=50, random_state=0)
    classifier.partial_fit(X, y, weight, classes=[0, 1, 2])
    assert np.isfinite(classifier.loss_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sparse_features_are_as_good_as_dense_ones():
    X, y, _, ours = both("several labels, tanh")
    dense = ours.fit(X, y).predict_proba(X)
    sparse = ours.fit(csr_matrix(X), y).predict_proba(csr_matrix(X))
    np.testing.assert_array_equal(sparse, dense)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_dropout_batch_normalization_and_activations_become_layers():
    X, y = IRIS
    classifier = estimators.MLPClassifier(
        (16, 8),
        ["gelu", "tanh"],
        dropout=[0.5, 0.0],
        batch_normalization=True,
        max_iter=3,
        random_state=0,
    ).fit(X, y)
    kinds = [type(layer).__name__ for layer in classifier.model_.layers]
    block = ["Dense", "BatchNormalization", "Activation"]
    assert kinds == [*block, "Dropout", *block, "Dense", "Activation"]
    names = [
        layer.activation.__name__
        for layer in classifier.model_.layers
        if isinstance(layer, keras.layers.Activation)
    ]
    assert names == ["gelu", "tanh", "softmax"]
    probabilities = classifier.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=4 * EPS)
    again = classifier.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(again, probabilities)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "loss",
    [
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        keras.losses.CategoricalFocalCrossentropy(gamma=0.0, alpha=1.0),
        lambda y, p: -keras.ops.sum(y * keras.ops.log(p), axis=-1),
    ],
)
def test_other_spellings_of_the_log_loss_train_alike(loss):
    X, y = IRIS
    usual = estimators.MLPClassifier((5,), max_iter=5, random_state=0).fit(X, y)
    other = estimators.MLPClassifier((5,), max_iter=5, random_state=0, loss=loss).fit(X, y)
    np.testing.assert_allclose(other.loss_curve_, usual.loss_curve_, rtol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_loss_of_keras_is_minimized():
    X, y = DIABETES[0], scale(DIABETES[1])
    y[::10] = 50  # outliers, which the mean absolute error does not mind
    robust = estimators.MLPRegressor(
        loss="mae", max_iter=60, random_state=0, learning_rate_init=0.01
    )
    robust.fit(X, y)
    kept = np.arange(len(y)) % 10 != 0
    assert np.abs(robust.predict(X)[kept] - y[kept]).mean() < np.abs(y[kept]).mean()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_callbacks_watch_and_stop():
    X, y = IRIS

    class StopAfterTwo(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert logs["loss"] > 0
            self.model.stop_training = epoch == 1

    classifier = estimators.MLPClassifier(callbacks=[StopAfterTwo()], random_state=0)
    assert classifier.fit(X, y).n_iter_ == 2


def test_an_interrupt_keeps_what_was_learned():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    classifier = estimators.MLPClassifier(callbacks=[Interrupt()], random_state=0)
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.fit(*IRIS)
    assert classifier.predict(IRIS[0]).shape == (150,)


def test_the_end_of_patience_is_a_warning():
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        estimators.MLPClassifier(max_iter=2).fit(*IRIS)


def test_verbose_prints_what_scikit_learn_prints(capsys):
    X, y, theirs, ours = both("sgd, adaptive", verbose=True, max_iter=300)
    theirs.fit(X, y)
    expected = capsys.readouterr().out.splitlines()
    ours.fit(X, y)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(expected)
    for mine, other in zip(printed, expected, strict=True):
        assert mine.split("=")[0] == other.split("=")[0]
    assert printed[-1] == expected[-1]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": "newton"}, "`solver` must be one of 'lbfgs', 'sgd', 'adam'. Received: solver="),
        ({"alpha": -1}, "`alpha` must be a number >= 0"),
        ({"batch_size": 0}, "`batch_size` must be 'auto' or a positive integer"),
        ({"hidden_layer_sizes": (3, 0)}, "`hidden_layer_sizes` must be a positive integer or"),
        ({"activation": ["relu", "tanh"]}, "`activation` must have one entry for each of the 1"),
        ({"dropout": 1.0}, "`dropout` must be a number in"),
        ({"solver": "lbfgs", "dropout": 0.5}, "goes with neither dropout"),
        ({"solver": "lbfgs", "loss": "hinge"}, "needs one of scikit-learn's losses"),
        ({"early_stopping": True, "validation_fraction": 0.005}, "validation set is too small"),
    ],
)
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        estimators.MLPClassifier(**parameters).fit(*IRIS)


def test_partial_fit_wants_to_know_all_classes_and_batches():
    X, y = IRIS
    with pytest.raises(ValueError, match="needs `classes`"):
        estimators.MLPClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="early_stopping"):
        estimators.MLPClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])
    assert not hasattr(estimators.MLPClassifier(solver="lbfgs"), "partial_fit")
    known = estimators.MLPClassifier().partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"classes that the fit before had not: \[3\]"):
        known.partial_fit(X, y + 1)
