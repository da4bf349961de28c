# SPDX-License-Identifier: Apache-2.0
"""Bad input gets an error a person understands, before anything has changed."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

L = keras.layers
X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)
LABELS = np.arange(10) % 3
Y = np.linspace(0, 1, 10)


def classifier():
    model = keras.Sequential(
        [L.Input((4,), name="features"), L.Dense(3, activation="softmax", name="probabilities")],
        name="classifier",
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def regression():
    model = keras.Sequential([L.Input((4,)), L.Dense(1, name="price")])
    model.compile("sgd", "mse")
    return model


def two_inputs():
    a, b = L.Input((4,), name="wide"), L.Input((2,), name="deep")
    hidden = L.Concatenate()([a, b])
    model = keras.Model([a, b], [L.Dense(1, name="main")(hidden), L.Dense(1, name="aux")(hidden)])
    model.compile("sgd", "mse")
    return model


def uncompiled():
    return keras.Sequential([L.Input((4,)), L.Dense(1)])


def labels(value, dtype=np.float64):
    changed = LABELS.astype(dtype)
    changed[4] = value
    return changed


def fit(*args, **kwargs):
    return lambda model: model.fit(*args, verbose=0, **kwargs)


def compile(*args, **kwargs):  # the word of the API
    return lambda model: model.compile(*args, **kwargs)


X2 = [X, X[:, :2]]

CASES = [
    # data
    ("empty data", classifier, fit(X[:0], LABELS[:0]), ValueError, "empty.*no rows"),
    ("no data", classifier, fit(None, LABELS), ValueError, "`x` is missing"),
    ("no targets", classifier, fit(X), ValueError, "`y` is missing.*sparse_categorical"),
    ("unequal rows", classifier, fit(X, LABELS[:7]), ValueError, "x has 10, y has 7"),
    (
        "unequal weights",
        classifier,
        fit(X, LABELS, sample_weight=np.ones(9)),
        ValueError,
        "sample_weight has 9",
    ),
    ("text", classifier, fit(X.astype(str), LABELS), ValueError, "`x` holds text"),
    ("text labels", classifier, fit(X, ["a"] * 10), ValueError, "`y` holds text"),
    ("no array", classifier, fit(object(), LABELS), TypeError, "`x` must be a NumPy array"),
    (
        "object column",
        classifier,
        fit(np.array([[1, "b", 2, 3]] * 10, dtype=object), LABELS),
        ValueError,
        r"`x` has dtype object and holds 'b' \(str\) at \[0, 1\]",
    ),
    # shapes
    (
        "features",
        classifier,
        fit(X[:, :3], LABELS),
        ValueError,
        r"Input 'features' of model 'classifier' expects arrays of shape \(n, 4\).*\(10, 3\)",
    ),
    ("rank", classifier, fit(X.reshape(10, 2, 2), LABELS), ValueError, r"\(n, 4\).*\(10, 2, 2\)"),
    (
        "one input of two",
        two_inputs,
        fit(X, [Y, Y]),
        ValueError,
        r"takes 2 input\(s\) \['wide', 'deep'\].*1 array",
    ),
    (
        "input names",
        two_inputs,
        fit({"wide": X, "dep": X[:, :2]}, [Y, Y]),
        ValueError,
        r"missing: \['deep'\]",
    ),
    (
        "swapped inputs",
        two_inputs,
        fit(X2[::-1], [Y, Y]),
        ValueError,
        r"Input 'wide'.*\(n, 4\).*\(10, 2\)",
    ),
    ("one target of two", two_inputs, fit(X2, Y), ValueError, r"2 output\(s\) \['main', 'aux'\]"),
    (
        "target names",
        two_inputs,
        fit(X2, {"main": Y, "ax": Y}),
        ValueError,
        r"Unknown: \['ax'\]",
    ),
    (
        "target shape",
        regression,
        fit(X, np.ones((10, 3))),
        ValueError,
        r"output 'price' must have shape \(n, 1\) for the loss 'mse'.*\(n, 3\)",
    ),
    (
        "one-hot for sparse",
        classifier,
        fit(X, np.eye(3)[LABELS]),
        ValueError,
        "'probabilities' must have shape .*categorical_crossentropy",
    ),
    (
        "wrong validation targets",
        regression,
        fit(X, Y, validation_data=(X, np.ones((10, 2)))),
        ValueError,
        r"\(n, 2\)",
    ),
    # labels
    (
        "label too large",
        classifier,
        fit(X, labels(3, np.int64)),
        ValueError,
        "output 'probabilities' must be integers from 0 to 2.* 3 in row 4",
    ),
    ("negative label", classifier, fit(X, labels(-1, np.int8)), ValueError, "-1 in row 4"),
    ("NaN label", classifier, fit(X, labels(np.nan)), ValueError, "nan in row 4"),
    ("infinite label", classifier, fit(X, labels(np.inf)), ValueError, "inf in row 4"),
    ("half a label", classifier, fit(X, labels(1.5)), ValueError, "1.5 in row 4"),
    (
        "label in validation",
        classifier,
        fit(X, LABELS, validation_data=(X, labels(7))),
        ValueError,
        "7.* in row 4",
    ),
    (
        "label in evaluate",
        classifier,
        lambda model: model.evaluate(X, labels(7), verbose=0),
        ValueError,
        "row 4",
    ),
    (
        "label in a batch",
        classifier,
        lambda model: model.train_on_batch(X, labels(7)),
        ValueError,
        "row 4",
    ),
    # weights
    (
        "both weights",
        classifier,
        fit(X, LABELS, class_weight={0: 1.0}, sample_weight=np.ones(10)),
        ValueError,
        "cannot be given together",
    ),
    (
        "class weights",
        classifier,
        fit(X, LABELS, class_weight=[1, 2]),
        ValueError,
        "must be a dict",
    ),
    (
        "class names",
        classifier,
        fit(X, LABELS, class_weight={"a": 1}),
        ValueError,
        "keys of `class_weight`",
    ),
    (
        "class weight of two outputs",
        two_inputs,
        fit(X2, [Y, Y], class_weight={0: 1.0}),
        ValueError,
        "one output",
    ),
    # arguments
    ("epochs", regression, fit(X, Y, epochs=-1), ValueError, "`epochs` must be .*epochs=-1"),
    ("float epochs", regression, fit(X, Y, epochs=1.5), ValueError, "`epochs`.*1.5"),
    ("batch size", regression, fit(X, Y, batch_size=-3), ValueError, "batch_size=-3"),
    ("bool size", regression, fit(X, Y, batch_size=True), ValueError, "batch_size=True"),
    ("split", regression, fit(X, Y, validation_split=1.0), ValueError, r"\[0, 1\).*1.0"),
    ("large split", regression, fit(X, Y, validation_split=0.99), ValueError, "at least one"),
    (
        "validation data",
        regression,
        fit(X, Y, validation_data=X),
        ValueError,
        r"`validation_data` must be \(x, y\)",
    ),
    ("verbose", regression, lambda m: m.fit(X, Y, verbose=5), ValueError, "verbose=5"),
    ("misspelt argument", regression, fit(X, Y, epoch=3), TypeError, "epoch"),
    (
        "callback class",
        regression,
        fit(X, Y, callbacks=[keras.callbacks.History]),
        TypeError,
        "History()",
    ),
    ("no callback", regression, fit(X, Y, callbacks=["stop"]), TypeError, "at least one hook"),
    ("steps", regression, fit(X, Y, steps_per_epoch=0), ValueError, "steps_per_epoch=0"),
    # compile
    ("fit before compile", uncompiled, fit(X, Y), RuntimeError, r"compile\(.*before `fit\(\)`"),
    (
        "evaluate before compile",
        uncompiled,
        lambda m: m.evaluate(X, Y, verbose=0),
        RuntimeError,
        "before `evaluate",
    ),
    ("unknown loss", classifier, compile("sgd", "mze"), ValueError, "mze"),
    ("no optimizer", classifier, compile(None, "mse"), ValueError, "optimizer=None"),
    ("unknown optimizer", classifier, compile("sdg", "mse"), ValueError, "sdg"),
    (
        "unknown metric",
        classifier,
        compile("sgd", "mse", metrics=["acuracy"]),
        ValueError,
        "acuracy",
    ),
    (
        "bare metric",
        classifier,
        compile("sgd", "mse", metrics="mae"),
        ValueError,
        r"metrics=\['mae'\]",
    ),
    (
        "misspelt compile argument",
        classifier,
        compile("sgd", "mse", metric=["mae"]),
        TypeError,
        "metric",
    ),
    (
        "loss weights",
        two_inputs,
        compile("sgd", "mse", loss_weights=["a", "b"]),
        ValueError,
        "`loss_weights` must be",
    ),
]


@pytest.mark.parametrize(
    ("make", "call", "error", "message"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_bad_input_is_refused_and_changes_nothing(make, call, error, message):
    model = make()
    before, optimizer = model.get_weights(), model.optimizer
    with pytest.raises(error, match=f"(?s){message}"):
        call(model)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer is optimizer
    if model.compiled:
        x, y = (X2, [Y, Y]) if make is two_inputs else (X, LABELS if make is classifier else Y)
        model.fit(x, y, verbose=0)  # and the model still works


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": ["mse"]}, r"`loss` has 1 entries, the model has 2 output"),
        ({"loss": {"main": "mse", "ax": "mse"}}, r"names the outputs \['ax'\]"),
        ({"loss": "mse", "loss_weights": [1.0]}, "`loss_weights` has 1 entries"),
        ({"loss": "mse", "metrics": ["mae"]}, "`metrics` must be a list with 2 entries"),
        ({"loss": "mse", "metrics": {"ax": "mae"}}, r"names the outputs \['ax'\]"),
    ],
)
def test_structures_that_do_not_fit_the_outputs(arguments, message):
    model = two_inputs()
    model.compile("sgd", **arguments)
    with pytest.raises(ValueError, match=message):
        model.fit(X2, [Y, Y], verbose=0)


def test_a_model_without_trainable_weights():
    model = regression()
    model.trainable = False
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="nothing to train"):
        model.fit(X, Y, verbose=0)


def test_a_failed_fit_does_not_settle_what_accuracy_means():
    model = keras.Sequential([L.Input((4,)), L.Dense(3, activation="softmax")])
    model.compile("sgd", "crossentropy", metrics=["accuracy"])
    with pytest.raises(ValueError, match="must have shape"):
        model.fit(X, np.ones((10, 2)), verbose=0)
    loss, accuracy = model.evaluate(X, LABELS, verbose=0)
    probabilities = model.predict(X, verbose=0)
    assert accuracy == pytest.approx(np.mean(probabilities.argmax(axis=1) == LABELS))
    chosen = probabilities[np.arange(10), LABELS]
    assert loss == pytest.approx(-np.mean(np.log(chosen)), rel=1e-5)


def test_a_loss_must_be_a_number():
    model = regression()
    model.compile("sgd", keras.losses.MeanSquaredError(reduction="none"))
    with pytest.raises(ValueError, match=r"one number.*\(10,\)"):
        model.fit(X, Y, verbose=0)


def test_a_label_may_be_ignored():
    model = classifier()
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    model.compile("sgd", loss)
    model.fit(X, labels(-1), verbose=0)
    with pytest.raises(ValueError, match="row 4"):
        model.fit(X, labels(-2), verbose=0)
