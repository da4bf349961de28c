# SPDX-License-Identifier: Apache-2.0
"""The wrappers of Keras 2, as books and courses use them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import reciprocal
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.preprocessing import scale
from sklearn.utils.estimator_checks import estimator_checks_generator

import pronghorn as keras

X, Y = load_diabetes(return_X_y=True)
X, Y = scale(X), scale(Y)
IRIS = load_iris(return_X_y=True)


def build_model(n_hidden=1, n_neurons=30, learning_rate=3e-3, input_shape=[10]):  # noqa: B006
    """As in "Hands-On Machine Learning", chapter 10."""
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(input_shape=input_shape))
    for _layer in range(n_hidden):
        model.add(keras.layers.Dense(n_neurons, activation="relu"))
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=learning_rate))
    return model


def build_classifier(meta, loss="sparse_categorical_crossentropy"):
    model = keras.Sequential()
    model.add(keras.layers.Dense(20, activation="relu"))
    model.add(keras.layers.Dense(meta["n_classes_"], activation="softmax"))
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def build_regressor(meta):
    model = keras.Sequential([keras.layers.Dense(20), keras.layers.Dense(meta["n_outputs_"])])
    model.compile("adam", "mse")
    return model


ESTIMATORS = [
    keras.wrappers.KerasClassifier(build_classifier, epochs=60, verbose=0, random_state=0),
    keras.wrappers.KerasRegressor(build_regressor, verbose=0, random_state=0),
]
IN_A_DICT = {"check_no_attributes_set_in_init": "hyperparameters are the function's, in a dict"}
IN_FLOAT32 = {"check_regressor_multioutput": "predictions are float32, as the model's are"}
EXPECTED = {
    keras.wrappers.KerasClassifier: IN_A_DICT,
    keras.wrappers.KerasRegressor: IN_A_DICT | IN_FLOAT32,
}


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        case
        for estimator in ESTIMATORS
        for case in estimator_checks_generator(
            estimator, expected_failed_checks=EXPECTED[type(estimator)], mark="xfail"
        )
    ],
    ids=lambda value: type(value).__name__ if value in ESTIMATORS else value.func.__name__,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_the_book_trains_scores_and_predicts():
    keras_reg = keras.wrappers.scikit_learn.KerasRegressor(build_model)
    keras_reg.fit(
        X[:300],
        Y[:300],
        epochs=20,
        validation_data=(X[300:350], Y[300:350]),
        callbacks=[keras.callbacks.EarlyStopping(patience=10)],
        verbose=0,
    )
    prediction = keras_reg.predict(X[350:])
    assert prediction.shape == (92,)
    error = mean_squared_error(Y[350:], prediction)
    np.testing.assert_allclose(keras_reg.score(X[350:], Y[350:]), -error, rtol=1e-5)


def test_the_book_searches_with_fit_arguments_and_callbacks():
    search = RandomizedSearchCV(
        keras.wrappers.scikit_learn.KerasRegressor(build_model),
        {
            "n_hidden": [0, 1, 2],
            "n_neurons": np.arange(1, 30).tolist(),
            "learning_rate": reciprocal(3e-4, 3e-2).rvs(100, random_state=0).tolist(),
        },
        n_iter=3,
        cv=3,
        random_state=1,
    )
    stop = keras.callbacks.EarlyStopping(patience=3)
    search.fit(
        X[:300], Y[:300], epochs=8, verbose=0, validation_data=(X[300:], Y[300:]), callbacks=[stop]
    )
    assert set(search.best_params_) == {"n_hidden", "n_neurons", "learning_rate"}
    assert search.best_score_ < 0
    model = search.best_estimator_.model
    assert len(model.layers) == search.best_params_["n_hidden"] + 1
    error = model.evaluate(X[300:], Y[300:], verbose=0)
    assert search.score(X[300:], Y[300:]) == -error


def test_spellings_of_scikeras_mean_the_same():
    given = {"epochs": 2, "verbose": 0, "random_state": 7}
    old = keras.wrappers.KerasRegressor(build_model, n_neurons=5, **given)
    new = keras.wrappers.KerasRegressor(model=build_model, model__n_neurons=5, **given)
    np.testing.assert_array_equal(old.fit(X, Y).predict(X), new.fit(X, Y).predict(X))
    assert new.model_ is new.model
    assert new.set_params(model__n_hidden=3, fit__epochs=1).get_params()["n_hidden"] == 3


def test_defaults_of_the_function_are_hyperparameters():
    wrapped = keras.wrappers.KerasRegressor(build_model, n_hidden=2, epochs=3)
    params = wrapped.get_params()
    assert params == {
        "build_fn": build_model,
        "n_hidden": 2,
        "n_neurons": 30,
        "learning_rate": 3e-3,
        "input_shape": [10],
        "epochs": 3,
    }
    assert clone(wrapped).get_params() == params


def test_a_parameter_that_nobody_takes_is_an_error():
    with pytest.raises(ValueError, match=r"'n_heads' is not a legal parameter.*n_hidden"):
        keras.wrappers.KerasRegressor(build_model, n_heads=3)
    wrapped = keras.wrappers.KerasRegressor(build_model)
    with pytest.raises(ValueError, match="'depth' is not a legal parameter"):
        wrapped.set_params(n_hidden=2, depth=3)
    assert wrapped.get_params()["n_hidden"] == 1


def test_without_a_function_the_fit_says_so():
    with pytest.raises(ValueError, match="`build_fn` must be a function"):
        keras.wrappers.KerasRegressor().fit(X, Y)


def test_a_subclass_may_build_the_model_itself():
    class Linear(keras.wrappers.KerasRegressor):
        def __call__(self, learning_rate=0.01):
            return build_model(n_hidden=0, learning_rate=learning_rate)

    wrapped = Linear(learning_rate=0.1, verbose=0).fit(X, Y)
    assert len(wrapped.model.layers) == 1
    assert float(wrapped.model.optimizer.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
@pytest.mark.parametrize("one_hot", [False, True])
def test_a_classifier_takes_numbers_and_one_hot_rows(loss, one_hot):
    x, y = IRIS
    wrapped = keras.wrappers.KerasClassifier(build_classifier, loss=loss, epochs=40, verbose=0)
    wrapped.fit(x, np.eye(3)[y] if one_hot else y)
    assert wrapped.predict(x).shape == (150,)
    assert wrapped.score(x, np.eye(3)[y] if one_hot else y) > 0.8
    assert wrapped.predict_proba(x).shape == (150, 3)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_predict_the_same(copied):
    fitted = keras.wrappers.KerasRegressor(build_model, verbose=0).fit(X, Y)
    np.testing.assert_array_equal(copied(fitted).predict(X), fitted.predict(X))


def test_two_processes_give_the_scores_of_one():
    wrapped = keras.wrappers.KerasRegressor(build_model, verbose=0, random_state=0)
    one, two = (cross_val_score(wrapped, X, Y, cv=2, n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)
