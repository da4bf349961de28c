# SPDX-License-Identifier: Apache-2.0
"""Metrics against recorded values of Keras, in one piece, in batches, eagerly and traced."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn.backend import Trace, clear_session
from pronghorn.metrics.confusion import confusion_counts
from pronghorn.metrics.metric import METRICS

KERAS = Path(__file__).parents[1] / "fixtures" / "keras"
OLD, NEW = (np.load(KERAS / f"{name}.npz") for name in ("25_functions", "losses_and_metrics"))
META = json.loads(str(NEW["meta"]))
CLASSES = METRICS.members
PLAIN = [name for name in CLASSES if name != "MeanMetricWrapper"]
# Recorded: arrays, class, arguments, names of targets and predictions, weights -> result.
CASES = [
    (NEW, case["cls"], case["kwargs"], case["y_true"], case["y_pred"], case["values"])
    for case in META["metrics"]
] + [
    (
        OLD,
        case["cls"],
        case["kwargs"],
        case["y_true"],
        case["y_pred"],
        {"None": case["value"]} | ({"weights": case["weighted"]} if "weighted" in case else {}),
    )
    for case in json.loads(str(OLD["meta"]))["metrics"].values()
]
GIVEN = {name: row["given"] for name, row in META["metric_classes"].items()}


def label(case):
    return f"{case[1]} {case[2]} {case[3]} {case[4]}" if isinstance(case, tuple) else None


def without_annotation(argument):
    return str(argument.replace(annotation=inspect.Parameter.empty))


@pytest.mark.filterwarnings("ignore:.*the weights are floats")
@pytest.mark.parametrize("case", CASES, ids=label)
def test_results_are_those_of_keras(case):
    arrays, cls, arguments, y_name, p_name, recorded = case
    y, p = arrays[y_name], arrays[p_name]
    metric = CLASSES[cls](**arguments)
    cut = len(y) * 5 // 12  # where the recording script cuts, or 2 of 6 rows
    for weights, expected in recorded.items():
        metric.reset_state()
        w = None if weights == "None" else arrays[weights]
        for rows in (slice(0, cut), slice(cut, None)):
            metric.update_state(y[rows], p[rows], sample_weight=None if w is None else w[rows])
        np.testing.assert_allclose(metric.result(), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.filterwarnings("ignore:.*the weights are floats")
@pytest.mark.parametrize("case", [c for c in CASES if "weights" in c[-1]], ids=label)
def test_a_traced_update_does_what_an_eager_one_does(case):
    arrays, cls, arguments, y_name, p_name, _ = case
    y, p, w = arrays[y_name], arrays[p_name], arrays["weights"]
    eager, traced = (CLASSES[cls](**arguments) for _ in range(2))
    with Trace() as trace:
        inputs = [trace.input(a.shape, a.dtype.name) for a in (y, p, w)]
        traced.update_state(*inputs)
        program = trace.compile([traced.result()])
    for _ in range(2):
        eager.update_state(y, p, w)
        (result,) = program.run([y, p, w])
    np.testing.assert_allclose(result, eager.result(), rtol=1e-5, atol=1e-6)
    for a, b in zip(eager.variables, traced.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
def test_configs_go_there_and_back(name):
    metric = CLASSES[name](**GIVEN.get(name, {}), name="mine")
    config = metric.get_config()
    assert (config["name"], config["dtype"]) == ("mine", "int32" if "IoU" in name else "float32")
    again = keras.metrics.deserialize(json.loads(json.dumps(keras.metrics.serialize(metric))))
    assert type(again) is CLASSES[name]
    assert again.get_config() == config


def test_everything_of_keras_is_there():
    assert set(CLASSES) == set(META["metric_classes"])
    assert {*META["metric_classes"], *META["metric_functions"]} <= set(keras.metrics.__all__)


@pytest.mark.parametrize("name", META["metric_functions"])
def test_functions_take_the_arguments_that_they_take_in_keras(name):
    arguments = inspect.signature(getattr(keras.metrics, name)).parameters.values()
    assert [without_annotation(a) for a in arguments] == META["metric_functions"][name]


@pytest.mark.parametrize("name", META["metric_classes"])
def test_classes_are_like_those_of_keras(name):
    recorded = META["metric_classes"][name]
    arguments = inspect.signature(CLASSES[name]).parameters.values()
    assert [without_annotation(a) for a in arguments] == recorded["arguments"]
    if name == "MeanMetricWrapper":
        return
    clear_session()
    metric = CLASSES[name](**GIVEN[name])
    config = {**recorded["config"], "name": re.sub(r"_\d+$", "", recorded["config"]["name"])}
    assert config.items() <= metric.get_config().items()
    assert [v.name for v in metric.variables] == recorded["variables"]
    assert metric._direction == recorded["direction"]


def test_names_that_were_not_given_are_counted():
    clear_session()
    assert [keras.metrics.AUC().name for _ in range(3)] == ["auc", "auc_1", "auc_2"]
    assert keras.metrics.AUC(name="auc").name == "auc"


def test_the_config_of_a_wrapped_function():
    metric = keras.metrics.MeanMetricWrapper(keras.losses.huber, delta=2.0)
    config = keras.metrics.serialize(metric)
    assert config["config"] == {
        "name": "huber",
        "dtype": "float32",
        "fn": {
            "module": "builtins",
            "class_name": "function",
            "config": "huber",
            "registered_name": "function",
        },
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
        ("AUC", keras.metrics.AUC),
        ("auc", keras.metrics.AUC),
        ("precision", keras.metrics.Precision),
        ("f1_score", keras.metrics.F1Score),
        ("f_beta_score", keras.metrics.FBetaScore),
        ("r2_score", keras.metrics.R2Score),
        ("binary_io_u", keras.metrics.BinaryIoU),
        ("logcosh", keras.metrics.LogCoshError),  # Keras 2
        ("kld", keras.metrics.KLDivergence),  # Keras 2
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


@settings(deadline=None, max_examples=50)
@given(
    count=st.integers(3, 40),
    rows=st.integers(1, 30),
    seed=st.integers(0, 999),
    columns=st.sampled_from([None, 3]),
)
def test_counting_in_buckets_is_comparing_with_each_threshold(count, rows, seed, columns):
    rng = np.random.default_rng(seed)
    shape = (rows, columns or 1)
    thresholds = np.arange(count) / (count - 1)
    y, w = rng.integers(0, 2, shape), rng.integers(0, 5, shape) / 2
    # Between two thresholds, or 0 or 1: a value equal to another threshold may be rounded up.
    p = (rng.integers(0, count - 1, shape) + rng.uniform(0.1, 0.9, shape)) / (count - 1)
    p = np.where(rng.random(shape) < 0.2, p > 0.5, p)
    options = {"dtype": "float64", "per_label": columns is not None}
    fast, slow = (
        confusion_counts(y, p, thresholds, w, spaced=spaced, **options) for spaced in (True, False)
    )
    for kind, expected in slow.items():
        np.testing.assert_array_equal(fast[kind], expected)


def test_area_under_the_roc_curve_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(1)
    y = rng.random(300) > 0.6
    p = np.clip(rng.normal(0.4 + 0.2 * y, 0.2), 0, 1).round(3)
    ones, zeros = p[y][:, None], p[~y][None]
    pairs = (ones > zeros).mean() + (ones == zeros).mean() / 2
    every = keras.metrics.AUC(thresholds=np.unique(p), dtype="float64")
    assert float(every(y, p)) == pytest.approx(pairs, abs=1e-9)
    logits = keras.metrics.AUC(from_logits=True, num_thresholds=2000)
    inside = np.clip(p, 0.001, 0.999)
    assert float(logits(y, np.log(inside / (1 - inside)))) == pytest.approx(pairs, abs=2e-3)


def test_an_area_for_each_label():
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    each = [float(keras.metrics.AUC()(y[:, i], p[:, i])) for i in range(3)]
    metric = keras.metrics.AUC(multi_label=True)
    assert float(metric.result()) == 0.0  # before it knows how many labels there are
    assert float(metric(y, p)) == pytest.approx(np.mean(each))
    assert metric.true_positives.shape == (200, 3)
    weighed = keras.metrics.AUC(multi_label=True, num_labels=3, label_weights=[1, 2, 5])
    assert float(weighed(y, p)) == pytest.approx(np.average(each, weights=[1, 2, 5]))


def test_elements_of_no_class_do_not_count_for_intersection_over_union():
    metric = keras.metrics.MeanIoU(num_classes=2)
    metric.update_state([0, 1, 7], [0, 1, 1])
    np.testing.assert_array_equal(metric.total_confusion_matrix.numpy(), [[1, 0], [0, 1]])


def test_integer_counts_warn_about_float_weights():
    metric = keras.metrics.MeanIoU(num_classes=2)
    with pytest.warns(UserWarning, match="dtype='float32'"):
        metric.update_state([0, 1], [0, 1], sample_weight=[1.5, 2.0])
    assert metric.total_confusion_matrix.numpy().tolist() == [[1, 0], [0, 2]]
    metric.update_state([0, 1], [0, 1], sample_weight=[1, 2])  # none for integers
    exact = keras.metrics.MeanIoU(num_classes=2, dtype="float32")
    exact.update_state([0, 1], [0, 1], sample_weight=[1.5, 2.0])
    assert exact.total_confusion_matrix.numpy().tolist() == [[1.5, 0], [0, 2]]


def test_scores_of_one_column():
    y, p = np.array([[1], [0], [1], [1]]), np.array([[0.9], [0.8], [0.3], [0.6]])
    score = keras.metrics.F1Score(threshold=0.5)(y, p)
    np.testing.assert_allclose(score, [2 / 3], rtol=1e-6)
    assert float(keras.metrics.F1Score().result()) == 0.0  # before it knows the classes
    whole = keras.metrics.FBetaScore(beta=2, average="micro", threshold=0.5)  # an int will do
    assert float(whole(y, p)) == pytest.approx(2 / 3, rel=1e-6)


def test_correlations_of_what_does_not_vary_are_not_numbers():
    assert np.isnan(keras.metrics.pearson_correlation([[1.0, 1.0]], [[0.0, 2.0]])[0])
    assert float(keras.metrics.concordance_correlation([[1.0, 1.0]], [[0.0, 2.0]])[0]) == 0.0


M = keras.metrics
Y2, P2 = [[1, 0, 1], [0, 1, 0]], [[0.2, 0.7, 0.4], [0.1, 0.1, 0.1]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: M.Precision(thresholds=1.5), "`thresholds`.*thresholds=1.5"),
        (lambda: M.AUC(thresholds=[0.5, -1]), r"`thresholds`.*thresholds=\[0.5, -1\]"),
        (lambda: M.AUC(num_thresholds=1), "num_thresholds=1"),
        (lambda: M.AUC(curve="DET"), "`curve`.*curve='DET'"),
        (lambda: M.AUC(summation_method="x"), "summation_method='x'"),
        (lambda: M.AUC(num_labels=3), "`multi_label=True`.*num_labels=3"),
        (lambda: M.AUC(multi_label=True)(Y2[0], P2[0]), r"multi_label.*shape \(3,\)"),
        (lambda: M.AUC(multi_label=True, num_labels=2)(Y2, P2), r"\(n, 2\).*\(2, 3\)"),
        (lambda: M.AUC(label_weights=[1, 2])(Y2, P2), r"label_weights=.*shape \(2, 3\)"),
        (lambda: M.SensitivityAtSpecificity(2), "`specificity`.*specificity=2"),
        (lambda: M.RecallAtPrecision(0.5, num_thresholds=0), "num_thresholds=0"),
        (lambda: M.Precision(class_id=3)(Y2, P2), r"3 column\(s\). Received: class_id=3"),
        (lambda: M.Recall(top_k=4)(Y2, P2), r"3 column\(s\). Received: top_k=4"),
        (lambda: M.Recall()(Y2, [[0.5, 0.5]] * 2), r"y_true of shape \(2, 3\).*\(2, 2\)"),
        (lambda: M.Precision()(Y2, P2, sample_weight=[1, 2, 3]), r"`sample_weight`.*\(3,\)"),
        (lambda: M.F1Score(average="mean"), "average='mean'"),
        (lambda: M.FBetaScore(beta=0), "beta=0"),
        (lambda: M.F1Score(threshold=0), "threshold=0"),
        (lambda: M.F1Score()(Y2[0], P2[0]), r"f1_score.*\(n, outputs\).*\(3,\)"),
        (lambda: M.R2Score()(Y2, [[0.5, 0.5]] * 2), r"r2_score.*\(2, 3\).*\(2, 2\)"),
        (lambda: M.R2Score(class_aggregation="x"), "class_aggregation='x'"),
        (lambda: M.R2Score(num_regressors=-1), "num_regressors=-1"),
        (lambda: M.IoU(2, [2]), r"target_class_ids=\[2\], num_classes=2"),
        (lambda: M.MeanIoU(0), "num_classes=0"),
    ],
)
def test_errors_say_what_came(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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
