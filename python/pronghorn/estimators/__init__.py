# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's neural networks on this engine.

`MLPClassifier` and `MLPRegressor` take the arguments of scikit-learn's own and compute the same,
and they can do more: dropout, batch normalization, an activation for each layer, any loss, class
weights, callbacks. `Perceptron` is Rosenblatt's. What wraps a model of yours is in
`pronghorn.wrappers`.

Needs scikit-learn: ``pip install "pronghorn[sklearn]"``.
"""

from __future__ import annotations

from pronghorn.estimators import require_sklearn as require_sklearn
from pronghorn.estimators.mlp_classifier import MLPClassifier as MLPClassifier
from pronghorn.estimators.mlp_regressor import MLPRegressor as MLPRegressor
from pronghorn.estimators.perceptron import Perceptron as Perceptron
