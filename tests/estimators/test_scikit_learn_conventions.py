# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's own checks of an estimator, and what its users do with one."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle
from sklearn.utils.estimator_checks import parametrize_with_checks

from pronghorn.estimators import MLPClassifier, MLPRegressor, Perceptron

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IN_FLOAT32 = "batches of other rows are summed in another order, in float32; the check wants 1e-7"
IN_ORDER = "one row after another: weight 2 is one step of double length, not two steps"
WEIGHTS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
X, Y = shuffle(*load_iris(return_X_y=True), random_state=0)
ESTIMATORS = [
    MLPClassifier((20,), random_state=0),
    MLPRegressor(hidden_layer_sizes=(20,), learning_rate_init=0.01, random_state=0),
    Perceptron(),
]


@parametrize_with_checks(
    ESTIMATORS,
    expected_failed_checks=lambda estimator: dict.fromkeys(
        WEIGHTS, IN_ORDER if isinstance(estimator, Perceptron) else IN_FLOAT32
    ),
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(params=ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def estimator(request):
    if isinstance(request.param, Perceptron):
        return clone(request.param)
    return clone(request.param).set_params(solver="lbfgs", max_iter=20, tol=1e-2, alpha=0.1)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_predict_the_same_and_learn_on(estimator, copied):
    estimator.set_params(warm_start=True).fit(X, Y)
    twin = copied(estimator)
    np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))
    twin.fit(X, Y)
    estimator.fit(X, Y)
    np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))


@pytest.mark.parametrize(
    "frame",
    [
        lambda x, columns: pd.DataFrame(x, columns=columns),
        lambda x, columns: pytest.importorskip("polars").DataFrame(x, columns),
    ],
)
def test_frames_give_feature_names_which_are_checked(estimator, frame):
    names = ["a", "b", "c", "d"]
    estimator.fit(frame(X, names), Y)
    assert estimator.feature_names_in_.tolist() == names
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame(X, names[::-1]))


def test_a_pipeline_can_be_searched(estimator):
    pipeline = make_pipeline(StandardScaler(), estimator)
    name = pipeline.steps[1][0]
    parameter = "alpha" if hasattr(estimator, "alpha") else "eta0"
    search = GridSearchCV(pipeline, {f"{name}__{parameter}": [0.1, 1.0]}, cv=3).fit(X, Y)
    assert search.best_score_ > 0.6


def test_two_processes_give_the_scores_of_one():
    scores = [
        cross_val_score(MLPClassifier((5,), max_iter=5, random_state=0), X, Y, cv=3, n_jobs=jobs)
        for jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)
