# SPDX-License-Identifier: Apache-2.0
"""Every metric inside the compiled steps of `fit` and `evaluate` says what it says alone."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn._configurable import to_snake_case
from pronghorn.metrics.metric import METRICS

rng = np.random.default_rng(3)
X = rng.normal(size=(20, 4)).astype("float32")
LABELS = rng.integers(0, 3, 20)
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
WEIGHTS = (rng.integers(0, 5, 20) / 2).astype("float32")
BATCH = 8  # the last one is smaller

ALL = {
    name: cls
    for name, cls in METRICS.members.items()
    if name not in ("Mean", "Sum", "MeanMetricWrapper")
}
IOU = {"num_classes": 3, "dtype": "float32"}
NEEDED = {
    "IoU": IOU | {"target_class_ids": [0, 2], "sparse_y_true": False, "sparse_y_pred": False},
    "MeanIoU": IOU | {"sparse_y_true": False, "sparse_y_pred": False},
    "OneHotIoU": IOU | {"target_class_ids": [1]},
    "OneHotMeanIoU": IOU,
    "BinaryIoU": {"dtype": "float32"},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
}
VARIANTS = [
    *((name, NEEDED.get(name, {})) for name in ALL),
    ("AUC", {"multi_label": True}),
    ("AUC", {"curve": "PR", "thresholds": [0.3, 0.4]}),
    ("Precision", {"thresholds": [0.2, 0.4]}),
    ("Recall", {"top_k": 2, "class_id": 1}),
    ("F1Score", {"average": "weighted", "threshold": 0.3}),
    ("R2Score", {"class_aggregation": None, "num_regressors": 2}),
]


def compiled(name, **metrics):
    """A model that does not change when it is trained, and targets for a metric."""
    sparse = "Sparse" in name
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "softmax")])
    loss = "sparse_categorical_crossentropy" if sparse else "categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.0), loss, **metrics)
    return model, LABELS if sparse else ONE_HOT


def alone(metric, y, p, weights=None):
    for start in range(0, len(y), BATCH):
        rows = slice(start, start + BATCH)
        weight = None if weights is None else weights[rows]
        metric.update_state(y[rows], p[rows], sample_weight=weight)
    return np.asarray(metric.result())


@pytest.mark.parametrize(("name", "arguments"), VARIANTS, ids=str)
def test_a_compiled_metric_says_what_it_says_alone(name, arguments):
    plain, weighted, by_itself = (ALL[name](**arguments, name=n) for n in ("m", "w", "alone"))
    model, y = compiled(name, metrics=[plain], weighted_metrics=[weighted])
    p = model.predict(X, verbose=0)
    fit = {"batch_size": BATCH, "verbose": 0, "sample_weight": WEIGHTS}
    history = model.fit(X, y, epochs=2, shuffle=False, **fit).history
    logs = model.evaluate(X, y, return_dict=True, **fit)
    expected = {"m": alone(by_itself, y, p)}
    by_itself.reset_state()
    expected["w"] = alone(by_itself, y, p, WEIGHTS)
    for key, value in expected.items():
        for got in (*history[key], logs[key]):
            np.testing.assert_allclose(got, value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in ALL if n == "BinaryIoU" or n not in NEEDED])
def test_a_name_in_compile_is_the_name_in_the_logs(name):
    for spelling in (name, to_snake_case(name)):
        model, y = compiled(name, metrics=[spelling])
        logs = model.evaluate(X, y, verbose=0, return_dict=True)
        assert list(logs) == sorted(["loss", spelling])


@pytest.mark.parametrize("name", [n for n in NEEDED if n != "BinaryIoU"])
def test_a_name_of_a_class_with_needed_arguments_does_not_do(name):
    model, y = compiled(name, metrics=[name])
    with pytest.raises(TypeError, match=f"{name}.*missing"):
        model.evaluate(X, y, verbose=0)


def test_classes_and_objects_log_under_counted_names():
    keras.backend.clear_session()
    model, y = compiled("", metrics=[keras.metrics.AUC, keras.metrics.Precision()])
    assert set(model.evaluate(X, y, verbose=0, return_dict=True)) == {"loss", "auc", "precision"}
    model, y = compiled("", metrics=["AUC", keras.metrics.Precision()])
    assert set(model.evaluate(X, y, verbose=0, return_dict=True)) == {"loss", "AUC", "precision_1"}


def test_losses_serve_as_metrics():
    model, y = compiled("", metrics=[keras.losses.dice, keras.losses.Tversky(alpha=0.2)])
    logs = model.evaluate(X, y, batch_size=20, verbose=0, return_dict=True)
    p = model.predict(X, verbose=0)
    assert logs["dice"] == pytest.approx(float(keras.losses.dice(y, p)), rel=1e-5)
    tversky = float(keras.losses.tversky(y, p, alpha=0.2))
    assert logs["tversky"] == pytest.approx(tversky, rel=1e-5)
