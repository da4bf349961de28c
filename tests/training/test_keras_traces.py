# SPDX-License-Identifier: Apache-2.0
"""Real Keras trained these models; from the same weights and batches we must get the same numbers.

The files come from `make_keras_fixtures.py`; Keras's own backends agree with them within 1.2e-6.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras
from pronghorn._structure import flatten

TOLERANCE = 1e-5
L, optimizers = keras.layers, keras.optimizers


def seq_mnist():
    model = keras.Sequential(
        [
            L.Input((4, 4)),
            L.Flatten(),
            L.Dense(12, activation="relu"),
            L.Dense(6, activation="relu"),
            L.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def func_wide_deep():
    wide, deep = L.Input((5,), name="wide_input"), L.Input((6,), name="deep_input")
    hidden = L.Dense(7, activation="relu", name="hidden1")(deep)
    hidden = L.Dense(7, activation="relu", name="hidden2")(hidden)
    both = L.Concatenate()([wide, hidden])
    outputs = [L.Dense(1, name="main_output")(both), L.Dense(1, name="aux_output")(hidden)]
    model = keras.Model(inputs=[wide, deep], outputs=outputs)
    model.compile(
        loss=["mse", "mae"],
        loss_weights=[0.9, 0.1],
        optimizer=optimizers.Adam(learning_rate=0.01),
        metrics=["RootMeanSquaredError", "mae"],
    )
    return model


def sample_weight():
    model = keras.Sequential(
        [L.Input((4,)), L.Dense(6, activation="relu"), L.Dense(1, activation="sigmoid")]
    )
    model.compile(
        optimizer=optimizers.SGD(0.2),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
        weighted_metrics=["accuracy", "mse"],
    )
    return model


def class_weight():
    model = keras.Sequential(
        [L.Input((4,)), L.Dense(6, activation="relu"), L.Dense(3, activation="softmax")]
    )
    model.compile(
        optimizer=optimizers.SGD(0.2, weight_decay=0.01, clipnorm=0.3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def binary_metrics():
    model = keras.Sequential(
        [L.Input((4,)), L.Dense(6, activation="relu"), L.Dense(1, activation="sigmoid")]
    )
    m = keras.metrics
    model.compile(
        optimizer=optimizers.Adam(0.05),
        loss="binary_crossentropy",
        metrics=[
            "accuracy",
            "AUC",
            m.AUC(curve="PR", name="pr_auc"),
            m.Precision(name="precision"),
            m.Recall(thresholds=0.4, name="recall"),
            "mae",
            m.TruePositives(name="tp"),
            m.FalseNegatives(name="fn"),
            m.BinaryCrossentropy(name="bce"),
            m.PrecisionAtRecall(0.5, name="p_at_r"),
        ],
    )
    return model


MODELS = {
    "01_seq_mnist": seq_mnist,
    "02_func_wide_deep": func_wide_deep,
    "18_sample_weight": sample_weight,
    "19_binary_metrics": binary_metrics,
    "20_class_weight": class_weight,
}

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "sgd_momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "sgd_nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "rmsprop_centered": lambda: optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(0.02),
}


class Trace:
    """The arrays and numbers of one fixture."""

    def __init__(self, path):
        with np.load(path) as file:
            self.arrays = {name: file[name] for name in file.files if name != "meta"}
            self.meta = json.loads(str(file["meta"]))

    def list(self, prefix):
        return [self.arrays[name] for name in sorted(self.arrays) if name.startswith(prefix)]

    def data(self, prefix):
        parts = [self.arrays[f"{prefix}{i}"] for i in range(9) if f"{prefix}{i}" in self.arrays]
        return parts[0] if len(parts) == 1 else parts


def assert_weights(model, expected):
    for weight, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=0, atol=TOLERANCE)


def assert_logs(logs, expected):
    assert list(logs) == sorted(expected)
    for name, wanted in expected.items():
        np.testing.assert_allclose(logs[name], wanted, rtol=0, atol=TOLERANCE, err_msg=name)


def first_rows(data, count):
    return [part[:count] for part in data] if isinstance(data, list) else data[:count]


@pytest.mark.parametrize("name", MODELS)
def test_model_follows_keras(name, fixture_path):
    trace = Trace(fixture_path(f"keras/{name}.npz"))
    x, y, meta = trace.data("x"), trace.data("y"), trace.meta
    weight = trace.arrays.get("sample_weight")
    classes = {int(k): v for k, v in meta["fit"].get("class_weight", {}).items()} or None
    fit = {"batch_size": meta["fit"]["batch_size"], "shuffle": False, "verbose": 0}
    fit |= {"sample_weight": weight, "class_weight": classes}
    fit |= {"validation_split": meta["fit"].get("validation_split", 0.0)}
    evaluate = {"batch_size": fit["batch_size"], "sample_weight": weight}
    evaluate |= {"verbose": 0, "return_dict": True}

    model = MODELS[name]()
    model.set_weights(trace.list("w0_"))
    model.train_on_batch(
        first_rows(x, fit["batch_size"]),
        first_rows(y, fit["batch_size"]),
        sample_weight=None if weight is None else weight[: fit["batch_size"]],
        class_weight=classes,
    )
    assert_weights(model, trace.list("step1_"))

    model = MODELS[name]()
    model.set_weights(trace.list("w0_"))
    for got, wanted in zip(flatten(model.predict(x, verbose=0)), trace.list("pred0_"), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE)
    assert_logs(model.evaluate(x, y, **evaluate), meta["evaluate_before"])
    assert_logs(model.fit(x, y, epochs=meta["fit"]["epochs"], **fit).history, meta["history"])
    assert_weights(model, trace.list("w1_"))
    for got, wanted in zip(flatten(model.predict(x, verbose=0)), trace.list("pred1_"), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE)
    assert_logs(model.evaluate(x, y, **evaluate), meta["evaluate_after"])

    epochs = meta["fit"]["resume_epochs"]
    assert_logs(model.fit(x, y, epochs=epochs, **fit).history, meta["history_resumed"])
    assert_weights(model, trace.list("w2_"))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_follows_keras(name, fixture_path):
    common = Trace(fixture_path("keras/optimizers/common.npz"))
    trace = Trace(fixture_path(f"keras/optimizers/{name}.npz"))
    x, y = common.arrays["x"], common.arrays["y"]
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0}

    def tiny():
        model = keras.Sequential(
            [L.Input((4,)), L.Dense(5, activation="tanh"), L.Dense(3, activation="softmax")]
        )
        model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.set_weights(common.list("w0_"))
        return model

    model = tiny()
    model.train_on_batch(x[:8], y[:8])
    assert_weights(model, trace.list("step1_"))

    model = tiny()
    logs = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
    assert_logs(logs, trace.meta["evaluate_before"])
    assert_logs(model.fit(x, y, epochs=3, **fit).history, trace.meta["history"])
    assert_weights(model, trace.list("w1_"))
    assert_logs(model.fit(x, y, epochs=2, **fit).history, trace.meta["history_resumed"])
    assert_weights(model, trace.list("w2_"))
