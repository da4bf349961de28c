# SPDX-License-Identifier: Apache-2.0
"""Every loss can be trained with, by object and by name."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.losses.loss import LOSSES

rng = np.random.default_rng(4)
X = rng.normal(size=(24, 5)).astype("float32")
LABELS = rng.integers(0, 3, 24)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
WEIGHTS = (rng.integers(0, 5, 24) / 2).astype("float32")

CLASSES = {
    name: member
    for name, member in LOSSES.members.items()
    if isinstance(member, type) and name != "LossFunctionWrapper"
}
OF_LABELS = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle")


def targets(name):
    if name in OF_LABELS:
        return LABELS
    return ONE_HOT + 1 if "Percentage" in name else ONE_HOT  # a percentage of 0 is none


def compiled(loss):
    model = keras.Sequential(
        [keras.layers.Input((5,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(3, "softmax")]
    )
    model.compile(keras.optimizers.SGD(0.02), loss)
    return model


@pytest.mark.parametrize("name", CLASSES)
def test_a_compiled_loss_is_what_it_is_alone(name):
    loss, y = CLASSES[name](), targets(name)
    for weights in (None, WEIGHTS):
        model = compiled(loss)
        logs = model.evaluate(X, y, batch_size=24, sample_weight=weights, verbose=0)
        p = model.predict(X, verbose=0)
        assert logs == pytest.approx(float(loss(y, p, sample_weight=weights)), rel=1e-5)


@pytest.mark.parametrize("name", CLASSES)
def test_training_makes_it_smaller(name):
    loss = CLASSES[name](gamma=1.0) if name == "Circle" else CLASSES[name]()
    history = compiled(loss).fit(X, targets(name), batch_size=24, epochs=20, verbose=0).history
    assert np.all(np.diff(history["loss"]) < 0)


@pytest.mark.parametrize("name", CLASSES)
def test_names_of_classes_and_functions(name):
    y = targets(name)
    function = keras.losses.get(CLASSES[name]().name.replace("huber_loss", "huber"))
    for loss in (name, getattr(function, "__name__", None) or function.name, function):
        result = compiled(loss).evaluate(X, y, verbose=0)
        assert np.isfinite(result)


@pytest.mark.parametrize("name", OF_LABELS)
def test_labels_may_be_a_column_but_not_one_hot(name):
    model = compiled(name)
    column = model.evaluate(X, LABELS[:, None], verbose=0)
    assert column == pytest.approx(model.evaluate(X, LABELS, verbose=0), rel=1e-6)
    with pytest.raises(ValueError, match=r"\(n,\).*Received: y of shape \(n, 3\)"):
        model.evaluate(X, ONE_HOT, verbose=0)


def test_labels_are_checked_where_the_output_has_a_column_for_each_class():
    wrong = np.concatenate([[0, 3], LABELS[2:]])
    for loss in ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"):
        with pytest.raises(ValueError, match="integers from 0 to 2.*Received: 3 in row 1"):
            compiled(loss).fit(X, wrong, verbose=0)
    assert compiled("circle").evaluate(X, wrong, verbose=0) > 0
