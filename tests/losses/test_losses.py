# SPDX-License-Identifier: Apache-2.0
"""Losses against recorded values of Keras, and against their formulas in float64."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.losses.loss import LOSSES

KERAS = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "25_functions.npz")
CASES = json.loads(str(KERAS["meta"]))["losses"]
CLASSES = {name: member for name, member in LOSSES.members.items() if isinstance(member, type)}
FUNCTIONS = {name: f for name, f in LOSSES.members.items() if not isinstance(f, type)}
BUILT = {name: cls for name, cls in CLASSES.items() if name != "LossFunctionWrapper"}
MORE = np.load(Path(__file__).parents[1] / "fixtures" / "keras" / "losses_and_metrics.npz")
META = json.loads(str(MORE["meta"]))

EPS = 1e-7
rng = np.random.default_rng(0)
REAL, GUESS = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
UNIT = 1 / (1 + np.exp(-rng.normal(size=(5, 4))))
BITS = (rng.random((5, 4)) > 0.5) * 1.0
ONE_HOT = np.eye(4)[[0, 3, 2, 1, 1]]
LABELS = ONE_HOT.argmax(-1)
PROBS = np.exp(GUESS) / np.exp(GUESS).sum(-1, keepdims=True)


def clip(p):
    return np.clip(p, EPS, 1 - EPS)


def bce(y, p, smoothing=0.0):
    y, q = y * (1 - smoothing) + smoothing / 2, clip(p)
    return -(y * np.log(q) + (1 - y) * np.log(1 - q)).mean(-1)


def cce(y, p, smoothing=0.0):
    y = y * (1 - smoothing) + smoothing / y.shape[-1]
    return -(y * np.log(clip(p / p.sum(-1, keepdims=True)))).sum(-1)


def huber(y, p, delta=1.0):
    d = np.abs(y - p)
    return np.where(d <= delta, d * d / 2, delta * d - delta * delta / 2).mean(-1)


def msle(y, p):
    return ((np.log(np.maximum(p, EPS) + 1) - np.log(np.maximum(y, EPS) + 1)) ** 2).mean(-1)


def signs(y):
    return np.where(y == 0, -1, y)


def unit(x):
    return x / np.maximum(np.sqrt((x * x).sum(-1, keepdims=True)), EPS)


def kld(y, p):
    y, p = np.clip(y, EPS, 1), np.clip(p, EPS, 1)
    return (y * np.log(y / p)).sum(-1)


def binary_focal(y, p, gamma=2.0):
    q = clip(p)
    wrong = 1 - (y * p + (1 - y) * (1 - p))
    return -(wrong**gamma * (y * np.log(q) + (1 - y) * np.log(1 - q))).mean(-1)


def categorical_focal(y, p, alpha=0.25, gamma=2.0):
    q = clip(p / p.sum(-1, keepdims=True))
    return -(alpha * (1 - q) ** gamma * y * np.log(q)).sum(-1)


def circle(y, p, gamma=80.0, margin=0.4):
    values = []
    for i in range(len(y)):
        s = np.minimum(p @ p[i], 1)
        near, far = np.maximum(s + margin, 0), np.maximum(1 + margin - s, 0)
        others = np.arange(len(y)) != i
        wrong = np.exp(gamma * near * (s - margin))[y != y[i]].sum()
        right = np.exp(-gamma * far * (s - 1 + margin))[(y == y[i]) & others]
        values.append(np.log1p(wrong * right.sum()) if right.size else 0.0)
    return np.array(values)


# name -> targets, predictions, formula
FORMULAS = {
    "mean_squared_error": (REAL, GUESS, lambda y, p: ((y - p) ** 2).mean(-1)),
    "mean_absolute_error": (REAL, GUESS, lambda y, p: np.abs(y - p).mean(-1)),
    "mean_absolute_percentage_error": (
        REAL,
        GUESS,
        lambda y, p: 100 * (np.abs(y - p) / np.maximum(np.abs(y), EPS)).mean(-1),
    ),
    "mean_squared_logarithmic_error": (UNIT, GUESS, msle),
    "huber": (REAL, GUESS, huber),
    "log_cosh": (REAL, GUESS, lambda y, p: np.log(np.cosh(p - y)).mean(-1)),
    "binary_crossentropy": (BITS, UNIT, bce),
    "categorical_crossentropy": (ONE_HOT, PROBS, cce),
    "hinge": (BITS, GUESS, lambda y, p: np.maximum(1 - signs(y) * p, 0).mean(-1)),
    "squared_hinge": (BITS, GUESS, lambda y, p: (np.maximum(1 - signs(y) * p, 0) ** 2).mean(-1)),
    "categorical_hinge": (
        ONE_HOT,
        GUESS,
        lambda y, p: np.maximum(1 + ((1 - y) * p).max(-1) - (y * p).sum(-1), 0),
    ),
    "poisson": (UNIT, PROBS, lambda y, p: (p - y * np.log(p + EPS)).mean(-1)),
    "kl_divergence": (PROBS[::-1], PROBS, kld),
    "cosine_similarity": (REAL, GUESS, lambda y, p: -(unit(y) * unit(p)).sum(-1)),
    "binary_focal_crossentropy": (BITS, UNIT, binary_focal),
    "categorical_focal_crossentropy": (ONE_HOT, PROBS, categorical_focal),
    "categorical_generalized_cross_entropy": (
        LABELS,
        PROBS,
        lambda y, p: (1 - p[range(5), y] ** 0.5) / 0.5,
    ),
    "dice": (BITS, UNIT, lambda y, p: 1 - 2 * (y * p).sum() / (y.sum() + p.sum() + EPS)),
    "tversky": (
        BITS,
        UNIT,
        lambda y, p: 1 - (y * p).sum() / (0.5 * y.sum() + 0.5 * p.sum() + EPS),
    ),
    "circle": (LABELS, unit(GUESS), circle),
    "sparse_categorical_crossentropy": (LABELS, PROBS, lambda y, p: cce(np.eye(4)[y], p)),
}


def label(case):
    return f"{case['cls']} {case['kwargs']} {case['y_true']} {case['y_pred']}"


def without_annotation(argument):
    return str(argument.replace(annotation=inspect.Parameter.empty))


def gradient_of(function, y_pred):
    """function(y_pred) and its gradient, from a compiled program."""
    with Trace() as trace:
        t = trace.input(y_pred.shape, y_pred.dtype.name)
        value = function(t)
        (gradient,) = trace.gradients(value, [t])
        program = trace.compile([value, gradient])
    return program.run([y_pred])


@pytest.mark.parametrize("key", CASES)
def test_values_and_gradients_are_those_of_keras(key):
    case = CASES[key]
    cls = CLASSES[case["cls"]]
    y, p, w = KERAS[case["y_true"]], KERAS[case["y_pred"]], KERAS["weights"]
    values = cls(reduction="none", **case["kwargs"])(y, p)
    np.testing.assert_allclose(values, KERAS[f"{key}_per_sample"], rtol=2e-6, atol=2e-6)
    value, gradient = gradient_of(lambda t: cls(**case["kwargs"])(y, t), p)
    assert value == pytest.approx(case["value"], rel=2e-6)
    np.testing.assert_allclose(gradient, KERAS[f"{key}_grad"], rtol=5e-6, atol=5e-6)
    for reduction, expected in case.get("weighted", {}).items():
        loss = cls(reduction=reduction, **case["kwargs"])
        assert float(loss(y, p, sample_weight=w)) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("case", META["losses"], ids=label)
def test_more_values_and_gradients_are_those_of_keras(case):
    def loss(**more):
        return CLASSES[case["cls"]](**case["kwargs"], **more)

    y, p, w = MORE[case["y_true"]], MORE[case["y_pred"]], MORE["weights"]
    value, gradient = gradient_of(lambda t: loss()(y, t), p)
    assert value == pytest.approx(case["value"], rel=2e-6)
    np.testing.assert_allclose(gradient, case["gradient"], rtol=2e-5, atol=2e-6)
    for kind, expected in case["values"].items():
        given = w if kind.endswith("_weighted") else None
        reduction = kind.removesuffix("_weighted")
        values = loss(reduction=reduction)(y, p, sample_weight=given)
        np.testing.assert_allclose(values, expected, rtol=5e-6, atol=2e-6)


def test_everything_of_keras_is_there():
    assert set(BUILT) == set(META["loss_classes"])
    assert {*META["loss_classes"], *META["loss_functions"]} <= set(keras.losses.__all__)


@pytest.mark.parametrize("name", META["loss_functions"])
def test_functions_take_the_arguments_that_they_take_in_keras(name):
    arguments = inspect.signature(getattr(keras.losses, name)).parameters.values()
    assert [without_annotation(a) for a in arguments] == META["loss_functions"][name]


@pytest.mark.parametrize("name", META["loss_classes"])
def test_classes_take_the_arguments_that_they_take_in_keras(name):
    arguments = inspect.signature(CLASSES[name]).parameters.values()
    assert [without_annotation(a) for a in arguments] == META["loss_classes"][name]["arguments"]
    assert META["loss_classes"][name]["config"].items() <= CLASSES[name]().get_config().items()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_their_formulas(name):
    y, p, formula = FORMULAS[name]  # a new function needs a row
    values = FUNCTIONS[name](y, p)
    assert values.dtype == "float64"
    np.testing.assert_allclose(values, formula(y, p), rtol=1e-9, atol=1e-12)
    in_single = FUNCTIONS[name](np.asarray(y), p.astype("float32"))
    assert in_single.dtype == "float32"
    np.testing.assert_allclose(in_single, formula(y, p), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", BUILT)
def test_classes_reduce_their_function(name):
    loss = CLASSES[name]()
    y, p, formula = FORMULAS[loss.name.replace("huber_loss", "huber")]
    values = np.asarray(formula(y, p))
    if name == "Circle":  # samples without another one of their class do not count
        values = values[(y[:, None] == y).sum(1) > 1]
    assert float(loss(y, p)) == pytest.approx(values.mean(), rel=1e-6)


@pytest.mark.parametrize("name", BUILT)
def test_configs_go_there_and_back(name):
    loss = CLASSES[name](reduction="sum", name="mine")
    again = keras.losses.deserialize(json.loads(json.dumps(keras.losses.serialize(loss))))
    assert type(again) is CLASSES[name]
    assert again.get_config() == loss.get_config()
    assert "dtype" not in loss.get_config()


def test_special_arguments_are_stored():
    assert keras.losses.Huber(2.0).get_config()["delta"] == 2.0
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    config = loss.get_config()
    assert (config["from_logits"], config["ignore_class"], config["axis"]) == (True, -1, -1)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("MAE", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("huber", "huber"),
        ("kld", "kl_divergence"),
        ("KLD", "kl_divergence"),
        ("hinge", "hinge"),
        ("logcosh", "log_cosh"),  # Keras 2
        ("kullback_leibler_divergence", "kl_divergence"),  # Keras 2
    ],
)
def test_short_names(alias, name):
    assert keras.losses.get(alias) is FUNCTIONS[name]


def test_what_get_accepts():
    assert keras.losses.get(None) is None
    assert isinstance(keras.losses.get("MeanSquaredError"), keras.losses.MeanSquaredError)
    assert isinstance(keras.losses.get(keras.losses.Huber), keras.losses.Huber)
    bare = {"class_name": "Huber", "config": {"delta": 3.0}}  # as Keras 2 writes it
    assert keras.losses.get(bare).delta == 3.0
    assert keras.losses.get(huber) is huber
    for wrong in ("mean_sqared_error", "huber_loss"):
        with pytest.raises(ValueError, match=f"Unknown loss: '{wrong}'"):
            keras.losses.get(wrong)
    with pytest.raises(ValueError, match="Did you mean 'mean_squared_error'"):
        keras.losses.get("mean_sqared_error")


def test_an_ignored_class_is_left_out_of_means():
    labels = np.array([0, -1, 2, -1, 1])
    kept = labels != -1
    values = cce(np.eye(4)[labels], PROBS) * kept
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    assert float(loss(labels, PROBS)) == pytest.approx(values.sum() / kept.sum())
    np.testing.assert_allclose(
        keras.losses.sparse_categorical_crossentropy(labels, PROBS, ignore_class=-1), values
    )
    assert float(loss(np.full(5, -1), PROBS)) == 0.0


def test_weights_of_a_value_for_the_whole_batch():
    value = FORMULAS["dice"][2](BITS, UNIT)
    weights = np.arange(5.0)
    loss = keras.losses.Dice(reduction=None)
    np.testing.assert_allclose(loss(BITS, UNIT, sample_weight=weights), value * weights)
    assert float(keras.losses.Dice()(BITS, UNIT, sample_weight=weights)) == pytest.approx(2 * value)


def test_hinge_takes_zeros_for_minus_one_if_there_are_only_zeros_and_ones():
    assert float(keras.losses.Hinge()([[0.0, 1.0]], [[-0.5, 0.5]])) == 0.5
    assert float(keras.losses.Hinge()([[0.0, -1.0]], [[-0.5, 0.5]])) == 1.25


def test_the_circle_loss_of_references():
    embeddings = unit(np.concatenate([GUESS, REAL]))
    labels = np.concatenate([LABELS, LABELS])
    values = circle(labels, embeddings, gamma=2.0)[:5]
    far = keras.losses.circle(
        LABELS,
        embeddings[:5],
        ref_labels=labels[:, None],
        ref_embeddings=embeddings,
        gamma=2.0,
    )
    np.testing.assert_allclose(far, values, rtol=1e-9)


def test_the_circle_loss_takes_no_similarity_above_one():
    longer = 1.5 * unit(np.concatenate([GUESS, REAL]))
    labels = np.concatenate([LABELS, LABELS])
    assert (longer @ longer.T).max() > 1
    values = keras.losses.circle(labels, longer, gamma=2.0)
    np.testing.assert_allclose(values, circle(labels, longer, gamma=2.0), rtol=1e-9)


def test_focal_losses_with_logits_do_not_saturate():
    x, y = np.array([[-100.0, 30.0]]), np.array([[1.0, 0.0]])
    loss = keras.losses.binary_focal_crossentropy(y, x, from_logits=True)
    np.testing.assert_allclose(loss, [65.0])


def test_class_numbers_as_a_column_and_in_higher_rank():
    for y in (LABELS, LABELS[:, None], LABELS.astype("float32")):
        np.testing.assert_allclose(
            keras.losses.sparse_categorical_crossentropy(y, PROBS), cce(ONE_HOT, PROBS)
        )
    p = np.stack([PROBS, PROBS[::-1]])
    y = np.stack([LABELS, LABELS[::-1]])
    expected = cce(np.eye(4)[y], p)
    for target in (y, y[..., None]):
        values = keras.losses.sparse_categorical_crossentropy(target, p)
        np.testing.assert_allclose(values, expected)
    values = keras.losses.categorical_crossentropy(np.eye(4)[y], p)
    np.testing.assert_allclose(values, expected)
    moved = keras.losses.categorical_crossentropy(
        np.moveaxis(np.eye(4)[y], -1, 1), np.moveaxis(p, -1, 1), axis=1
    )
    np.testing.assert_allclose(moved, expected)


def test_logits_of_any_size():
    x = np.array([[-100.0, 100.0, 0.0, 1e-3]])
    y = np.array([[1.0, 1.0, 0.0, 1.0]])
    elementwise = np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))
    value, gradient = gradient_of(
        lambda t: keras.losses.BinaryCrossentropy(from_logits=True)(y, t), x.astype("float32")
    )
    assert value == pytest.approx(elementwise.mean(), rel=1e-6)
    sigmoid = np.exp(-np.logaddexp(0, -x))
    np.testing.assert_allclose(gradient, (sigmoid - y) / 4, rtol=1e-6)
    # 20 and a target of 1: log(1 + exp(-20)), which softplus(20) - 20 would round to 0
    tiny = keras.losses.binary_crossentropy(
        np.ones((1, 1)), np.full((1, 1), 20, "float32"), from_logits=True
    )
    assert float(tiny[0]) == pytest.approx(np.log1p(np.exp(-20.0)), rel=1e-6)

    labels = np.array([0])
    value, gradient = gradient_of(
        lambda t: keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, t),
        x.astype("float32"),
    )
    assert value == pytest.approx(200.0, rel=1e-6)
    np.testing.assert_allclose(gradient, [[-1, 1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.losses.MeanSquaredError(reduction="avg"), "reduction='avg'"),
        (lambda: keras.losses.CategoricalGeneralizedCrossEntropy(q=1), "q=1"),
        (lambda: keras.losses.BinaryFocalCrossentropy(label_smoothing=2), "label_smoothing=2"),
        (lambda: keras.losses.CategoricalFocalCrossentropy(label_smoothing=2), "label_smoothing=2"),
        (lambda: keras.losses.BinaryCrossentropy(label_smoothing=1.5), "label_smoothing=1.5"),
        (
            lambda: keras.losses.categorical_crossentropy(LABELS, PROBS),
            r"shape \(5, 4\).*Received: target of shape \(5,\)",
        ),
        (
            lambda: keras.losses.sparse_categorical_crossentropy(ONE_HOT, PROBS),
            r"shape \(5,\).*Received: target of shape \(5, 4\)",
        ),
        (lambda: keras.losses.binary_crossentropy(BITS[:, :3], UNIT), r"\(5, 3\)"),
    ],
)
def test_errors_say_what_came(make, message):
    with pytest.raises(ValueError, match=message):
        make()
