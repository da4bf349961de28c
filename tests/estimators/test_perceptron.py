# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from pronghorn.estimators import Perceptron

X, Y = load_iris(return_X_y=True)


def rosenblatt(X, signs, weight, epochs, eta):
    """His rule as a loop."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        for x, s, k in zip(X, signs, weight, strict=True):
            if s * (w @ x + b) <= 0:
                w, b = w + eta * k * s * x, b + eta * k * s
    return w, b


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("target", ["one class", "three classes"])
@pytest.mark.parametrize("parameters", [{}, {"eta0": 0.5}, {"class_weight": "balanced"}])
def test_has_the_weights_of_scikit_learn_on_iris(target, parameters):
    y = Y == 0 if target == "one class" else Y
    given = {"shuffle": False, "tol": None, "max_iter": 20, **parameters}
    theirs = sklearn.linear_model.Perceptron(**given).fit(X, y)
    ours = Perceptron(**given).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_the_flowers_of_the_book():
    perceptron = Perceptron(random_state=42).fit(X[:, 2:], Y == 0)
    assert perceptron.predict([[2, 0.5], [3, 1]]).tolist() == [True, False]


@given(seed=st.integers(0, 10**6), eta=st.sampled_from([0.1, 1.0, 3.0]))
@settings(max_examples=20, deadline=None)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_learns_by_rosenblatts_rule(seed, eta):
    rng = np.random.default_rng(seed)
    x, signs = rng.normal(size=(20, 3)), rng.choice([-1, 1], 20)
    signs[:2] = [-1, 1]
    weight = rng.integers(1, 4, 20)
    w, b = rosenblatt(x, signs, weight, epochs=3, eta=eta)
    perceptron = Perceptron(shuffle=False, tol=None, max_iter=3, eta0=eta).fit(x, signs, weight)
    np.testing.assert_allclose(perceptron.coef_[0], w, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(perceptron.intercept_, [b], rtol=1e-9, atol=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_separable_classes_end_without_mistakes(seed):
    rng = np.random.default_rng(seed)
    w, x = rng.normal(size=4), rng.normal(size=(60, 4))
    margin = x @ w / np.linalg.norm(w)
    x, y = x[np.abs(margin) > 0.2], margin[np.abs(margin) > 0.2] > 0
    y[0], x[0], y[1], x[1] = True, w, False, -w  # both classes are there
    # Novikoff: at most (R / margin)^2 mistakes, and each epoch but the last has one. w / |w| with
    # b = 0 separates the rows by the margin 0.2, and R is the longest row (x, 1).
    extent = np.linalg.norm(np.c_[x, np.ones(len(x))], axis=1).max()
    bound = int((extent / min(0.2, np.linalg.norm(w))) ** 2) + 2
    perceptron = Perceptron(tol=None, max_iter=bound, random_state=seed).fit(x, y)
    assert perceptron.score(x, y) == 1
    assert perceptron.loss_curve_[-1] == 0


def test_several_labels_are_units_that_learn_side_by_side():
    gates = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    labels = np.array([[0, 0, 1], [0, 1, 1], [0, 1, 1], [1, 1, 0]])  # and, or, nand
    perceptron = Perceptron(tol=None).fit(gates, labels)
    np.testing.assert_array_equal(perceptron.predict(gates), labels)
    assert perceptron.coef_.shape == (3, 2)


def test_xor_is_too_much_for_it():
    with pytest.warns(ConvergenceWarning, match="mistakes in each of max_iter=50 epochs"):
        perceptron = Perceptron(tol=None, max_iter=50).fit(
            [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        )
    assert perceptron.score([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]) < 1


def test_epochs_of_partial_fit_are_those_of_fit():
    steps = Perceptron(shuffle=False)
    for _ in range(3):
        steps.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.warns(ConvergenceWarning):
        whole = Perceptron(shuffle=False, tol=None, max_iter=3).fit(X, Y)
    np.testing.assert_array_equal(steps.coef_, whole.coef_)
    assert steps.t_ == whole.t_ == 450


def test_without_intercept():
    perceptron = Perceptron(fit_intercept=False).fit([[1.0], [-1.0]], ["right", "left"])
    assert perceptron.intercept_.tolist() == [0]
    assert perceptron.predict([[5.0]]).tolist() == ["right"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_iter": 0}, "`max_iter` must be a positive integer. Received: max_iter=0"),
        ({"eta0": 0}, "`eta0` must be a positive number"),
        ({"tol": -1}, "`tol` must be a number >= 0"),
    ],
)
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        Perceptron(**parameters).fit(X, Y)
