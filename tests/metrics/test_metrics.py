# SPDX-License-Identifier: Apache-2.0
"""Metrics against recorded values of Keras, in one piece, in batches, eagerly and traced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.metrics.metric import METRICS

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
CASES = json.loads(str(KERAS["meta"]))["metrics"]
CLASSES = METRICS.members
RECORDED = [key for key, case in CASES.items() if case["cls"] in CLASSES]
PLAIN = [name for name in CLASSES if name != "MeanMetricWrapper"]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("key", RECORDED)
def test_results_are_those_of_keras(key, weighted):
    case = CASES[key]
    metric = CLASSES[case["cls"]](**case["kwargs"])
    y, p, w = KERAS[case["y_true"]], KERAS[case["y_pred"]], KERAS["weights"]
    for rows in (slice(0, 2), slice(2, 6)):
        metric.update_state(y[rows], p[rows], sample_weight=w[rows] if weighted else None)
    expected = case["weighted" if weighted else "value"]
    assert float(metric.result()) == pytest.approx(expected, rel=2e-6)
    metric.reset_state()
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("key", RECORDED)
def test_a_traced_update_does_what_an_eager_one_does(key):
    case = CASES[key]
    y, p, w = KERAS[case["y_true"]], KERAS[case["y_pred"]], KERAS["weights"]
    eager, traced = (CLASSES[case["cls"]](**case["kwargs"]) for _ in range(2))
    with Trace() as trace:
        inputs = [trace.input(a.shape, a.dtype.name) for a in (y, p, w)]
        traced.update_state(*inputs)
        program = trace.compile([traced.result()])
    for _ in range(2):
        eager.update_state(y, p, w)
        (result,) = program.run([y, p, w])
    assert float(result) == pytest.approx(float(eager.result()), rel=1e-6)
    for a, b in zip(eager.variables, traced.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
def test_configs_go_there_and_back(name):
    metric = CLASSES[name](name="mine")
    config = metric.get_config()
    assert (config["name"], config["dtype"]) == ("mine", "float32")
    again = keras.metrics.deserialize(json.loads(json.dumps(keras.metrics.serialize(metric))))
    assert type(again) is CLASSES[name]
    assert again.get_config() == config


def test_the_config_of_a_wrapped_function():
    metric = keras.metrics.MeanMetricWrapper(keras.losses.huber, delta=2.0)
    config = keras.metrics.serialize(metric)
    assert config["config"] == {
        "name": "huber",
        "dtype": "float32",
        "fn": "huber",
        "delta": 2.0,
    }


def test_mean_joins_axes_that_the_weights_lack():
    values = np.arange(12.0).reshape(3, 2, 2)
    mean = keras.metrics.Mean()
    mean.update_state(values)
    assert float(mean.result()) == values.mean()
    assert mean.count.numpy() == 3
    for weight in (
        np.array([1.0, 0, 2]),
        np.array([[1.0], [0], [2]]),
        np.arange(6.0).reshape(3, 2),
    ):
        mean.reset_state()
        mean.update_state(values, sample_weight=weight)
        full = np.broadcast_to(weight.reshape(*weight.shape, *[1] * (3 - weight.ndim)), (3, 2, 2))
        assert float(mean.result()) == pytest.approx((values * full).sum() / full.sum())


@settings(deadline=None, max_examples=25)
@given(
    cuts=st.sets(st.integers(1, 29), max_size=4),
    name=st.sampled_from(
        ["MeanSquaredError", "RootMeanSquaredError", "LogCoshError", "BinaryCrossentropy"]
    ),
    weighted=st.booleans(),
)
def test_how_rows_are_cut_into_batches_does_not_matter(cuts, name, weighted):
    rng = np.random.default_rng(0)
    y, p, w = (rng.random((30, 3)) > 0.5) * 1.0, rng.random((30, 3)), rng.random(30)
    whole, cut = CLASSES[name](dtype="float64"), CLASSES[name](dtype="float64")
    whole.update_state(y, p, w if weighted else None)
    ends = [0, *sorted(cuts), 30]
    for begin, end in zip(ends, ends[1:], strict=False):
        rows = slice(begin, end)
        cut.update_state(y[rows], p[rows], w[rows] if weighted else None)
    assert float(cut.result()) == pytest.approx(float(whole.result()), rel=1e-12)


def test_mean_of_numbers():
    mean = keras.metrics.Mean(name="loss")
    mean.update_state(3.0, sample_weight=2.0)
    mean.update_state(6.0)
    assert float(mean.result()) == 4.0
    assert [v.name for v in mean.variables] == ["total", "count"]


def test_sum_of_weighted_numbers():
    total = keras.metrics.Sum()
    total.update_state([1.0, 2.0], sample_weight=[3.0, 0.5])
    total.update_state(2.0)
    assert float(total.result()) == 6.0


def test_targets_of_lower_rank_and_other_dtypes():
    p = np.array([[0.2], [0.7], [0.9]], "float32")
    for dtype in ("float32", "float64", "int64", "uint8", "bool"):
        y = np.array([0, 1, 0], dtype)
        assert float(keras.metrics.BinaryAccuracy()(y, p)) == pytest.approx(2 / 3)
        assert float(keras.metrics.MeanAbsoluteError()(y, p)) == pytest.approx(1.4 / 3)
        assert float(keras.metrics.RootMeanSquaredError()(y, p)) == pytest.approx(
            np.sqrt((0.2**2 + 0.3**2 + 0.9**2) / 3)
        )
    rows = np.array([[0.1, 0.9], [0.8, 0.2]], "float32")
    for y in (np.array([1, 1]), np.array([[1], [1]]), np.array([1.0, 1.0])):
        assert float(keras.metrics.SparseCategoricalAccuracy()(y, rows)) == 0.5


def test_the_threshold_is_not_reached_but_exceeded():
    assert float(keras.metrics.BinaryAccuracy()([[1.0]], [[0.5]])) == 0.0
    assert float(keras.metrics.BinaryAccuracy(threshold=0.4)([[1.0]], [[0.5]])) == 1.0


def test_ties_among_the_top_k_count_as_hits():
    p = [[0.3, 0.3, 0.3, 0.1]]
    assert [float(keras.metrics.SparseTopKCategoricalAccuracy(k=k)([2], p)) for k in (1, 2)] == [
        1.0,
        1.0,
    ]
    assert float(keras.metrics.SparseTopKCategoricalAccuracy(k=3)([3], p)) == 0.0
    assert float(keras.metrics.SparseTopKCategoricalAccuracy(k=3)([0], [[np.nan] * 4])) == 0.0


def test_an_ignored_class_does_not_count():
    p = np.array([[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]])
    metric = keras.metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    metric.update_state([0, -1, 1], p)
    assert float(metric.result()) == pytest.approx(-np.log([0.5, 0.9]).mean())
    metric.reset_state()
    metric.update_state([0, -1, 1], p, sample_weight=[1.0, 5.0, 3.0])
    assert float(metric.result()) == pytest.approx(-(np.log(0.5) + 3 * np.log(0.9)) / 4)


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mse", keras.metrics.MeanSquaredError),
        ("MAE", keras.metrics.MeanAbsoluteError),
        ("bce", keras.metrics.BinaryCrossentropy),
        ("root_mean_squared_error", keras.metrics.RootMeanSquaredError),
        ("RootMeanSquaredError", keras.metrics.RootMeanSquaredError),
        ("sparse_categorical_accuracy", keras.metrics.SparseCategoricalAccuracy),
        (keras.metrics.Mean, keras.metrics.Mean),
    ],
)
def test_names(identifier, cls):
    assert type(keras.metrics.get(identifier)) is cls


def test_what_is_no_metric_is_refused():
    assert keras.metrics.get(keras.metrics.binary_accuracy) is keras.metrics.binary_accuracy
    with pytest.raises(ValueError, match="Unknown metric: 'acuracy'.*'accuracy'"):
        keras.metrics.get("acuracy")
    with pytest.raises(ValueError, match="threshold=2"):
        keras.metrics.BinaryAccuracy(threshold=2)


@pytest.mark.parametrize("name", CLASSES)
def test_directions_are_known_where_there_is_one(name):
    expected = {"Mean": None, "MeanMetricWrapper": None, "Sum": None}
    direction = "up" if "Accuracy" in name else "down"
    assert CLASSES[name]._direction == expected.get(name, direction)


def test_a_metric_of_the_user():
    class Huber(keras.metrics.Metric):
        def __init__(self, delta=1.0, **kwargs):
            super().__init__(**kwargs)
            self.delta = delta
            self.total = self.add_weight("total", initializer="zeros")
            self.seen = self.add_weight(name="seen", initializer="zeros", dtype="int32")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(keras.ops.sum(keras.losses.huber(y_true, y_pred, self.delta)))
            self.seen.assign_add(keras.ops.size(y_true))

        def result(self):
            return self.total / keras.ops.cast(self.seen, "float32")

    metric = Huber(2.0, name="huber")
    metric.update_state(np.zeros((3, 1)), np.array([[1.0], [2.0], [4.0]]))
    assert float(metric.result()) == pytest.approx((0.5 + 2 + 6) / 3)
    assert metric.get_config() == {"dtype": "float32", "name": "huber", "delta": 2.0}
    assert metric.seen.dtype == "int32"
    metric.reset_state()
    assert metric.total.numpy() == 0
