# SPDX-License-Identifier: Apache-2.0
"""Models of yours as estimators of scikit-learn.

`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` are Keras 3's; `KerasClassifier`
and `KerasRegressor`, also in `wrappers.scikit_learn`, are those of Keras 2 and of books, around a
function that builds a model.

Needs scikit-learn: ``pip install "pronghorn[sklearn]"``.
"""

from __future__ import annotations

from pronghorn.estimators import require_sklearn as require_sklearn
from pronghorn.wrappers import scikit_learn as scikit_learn
from pronghorn.wrappers.scikit_learn import KerasClassifier as KerasClassifier
from pronghorn.wrappers.scikit_learn import KerasRegressor as KerasRegressor
from pronghorn.wrappers.sklearn_wrappers import SKLearnClassifier as SKLearnClassifier
from pronghorn.wrappers.sklearn_wrappers import SKLearnRegressor as SKLearnRegressor
from pronghorn.wrappers.sklearn_wrappers import SKLearnTransformer as SKLearnTransformer
