# SPDX-License-Identifier: Apache-2.0
"""Keras 3's wrappers."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import pronghorn as keras
from pronghorn.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

X, Y = load_iris(return_X_y=True)


def build(X, y, loss, activation=None, units=(10,)):
    """The model of the example in Keras's documentation."""
    inputs = keras.Input((X.shape[1],))
    hidden = inputs
    for width in units:
        hidden = keras.layers.Dense(width, activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(y.shape[1], activation=activation)(hidden))
    model.compile("rmsprop", loss)
    return model


def classifier(epochs=2, **kwargs):
    kwargs = {"loss": "categorical_crossentropy", "activation": "softmax", **kwargs}
    fit_kwargs = {"epochs": epochs, "verbose": 0}
    return SKLearnClassifier(build, model_kwargs=kwargs, fit_kwargs=fit_kwargs, random_state=0)


def regressor(kind=SKLearnRegressor):
    return kind(build, model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}, random_state=0)


ESTIMATORS = [classifier(60, units=[20, 20, 20]), regressor(), regressor(SKLearnTransformer)]
EXPECTED = {
    SKLearnRegressor: {"check_regressor_multioutput": "predictions are float32, as the model's are"}
}


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        case
        for estimator in ESTIMATORS
        for case in estimator_checks_generator(
            estimator, expected_failed_checks=EXPECTED.get(type(estimator)), mark="xfail"
        )
    ],
    ids=lambda value: type(value).__name__ if value in ESTIMATORS else value.func.__name__,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def single_unit(loss, activation):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation=activation)])
    model.compile(keras.optimizers.Adam(0.1), loss)
    return model


@pytest.mark.parametrize(
    "model",
    [
        single_unit("binary_crossentropy", "sigmoid"),
        single_unit(keras.losses.BinaryCrossentropy(from_logits=True), None),
    ],
    ids=["probabilities", "logits"],
)
def test_a_single_unit_tells_two_classes_apart(model):
    names = np.where(Y == 0, "setosa", "other")
    fitted = SKLearnClassifier(model, fit_kwargs={"epochs": 30, "verbose": 0}).fit(X, names)
    assert fitted.score(X, names) == 1
    assert fitted.classes_.tolist() == ["other", "setosa"]
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(fitted.decision_function(X) > 0, names == "setosa")


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_loss_sees_the_targets_that_it_takes(loss):
    reference = classifier(5).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(classifier(5, loss=loss).fit(X, Y).predict_proba(X), reference)


def test_a_model_is_copied_with_new_weights_and_a_new_optimizer():
    model = build(X, np.eye(3)[Y], "categorical_crossentropy", "softmax")
    before = model.get_weights()
    wrapped = SKLearnClassifier(model, fit_kwargs={"verbose": 0})
    first = wrapped.fit(X, Y).model_
    second = wrapped.fit(X, Y).model_
    assert first is not model
    assert first is not second
    assert int(second.optimizer.iterations) == 5
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_warm_start_trains_the_model_itself_and_goes_on():
    model = build(X, np.eye(3)[Y], "categorical_crossentropy", "softmax")
    wrapped = SKLearnClassifier(model, warm_start=True, fit_kwargs={"verbose": 0})
    assert wrapped.fit(X, Y).model_ is model
    assert wrapped.fit(X, Y).model_ is model
    assert int(model.optimizer.iterations) == 10
    built = classifier(1).set_params(warm_start=True).fit(X, Y)
    assert built.model_ is built.fit(X, Y).model_


def test_arguments_of_fit_go_before_those_of_the_constructor():
    wrapped = classifier(epochs=5)
    assert len(wrapped.fit(X, Y, epochs=2).history_.epoch) == wrapped.epoch_ == 2
    assert wrapped.fit_kwargs == {"epochs": 5, "verbose": 0}
    assert wrapped.fit(X, Y).epoch_ == 5


def test_a_clone_has_all_arguments_and_is_not_fitted():
    twin = clone(classifier(3).fit(X, Y))
    assert twin.fit_kwargs == {"epochs": 3, "verbose": 0}
    with pytest.raises(NotFittedError):
        twin.predict(X)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_predict_the_same(copied):
    fitted = classifier().fit(X, Y)
    np.testing.assert_array_equal(copied(fitted).predict_proba(X), fitted.predict_proba(X))


def test_works_in_pipelines_and_two_processes():
    pipeline = make_pipeline(StandardScaler(), classifier(30))
    one, two = (cross_val_score(pipeline, X, Y, cv=3, n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert one.mean() > 0.7


def test_two_classes_can_be_scored_by_their_ranks():
    scores = cross_val_score(classifier(30), X, Y == 0, cv=3, scoring="roc_auc")
    assert scores.mean() > 0.9


def test_a_transformer_names_its_features():
    transformer = regressor(SKLearnTransformer).set_output(transform="pandas")
    out = transformer.fit(pd.DataFrame(X, columns=list("abcd")), np.eye(3)[Y]).transform(
        pd.DataFrame(X, columns=list("abcd"))
    )
    assert list(out.columns) == [f"sklearntransformer{i}" for i in range(3)]


def test_an_uncompiled_model_is_an_error():
    model = keras.Sequential([keras.layers.Dense(3)])
    for warm_start in (False, True):
        with pytest.raises(RuntimeError, match="needs to be compiled"):
            SKLearnClassifier(model, warm_start=warm_start).fit(X, Y)


def test_a_function_must_return_a_model():
    with pytest.raises(TypeError, match="must return a model. Received: None of type NoneType"):
        SKLearnRegressor(lambda X, y: None).fit(X, Y)


@pytest.mark.parametrize(
    ("y", "message"),
    [(np.zeros(150, int), "only one class"), (np.ones((150, 2), int), "one-hot rows")],
)
def test_targets_that_are_no_classes_are_an_error(y, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y)
