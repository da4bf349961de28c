# SPDX-License-Identifier: Apache-2.0
"""Copies and pickles: the same results, and the same bits in training from there on."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers, losses, metrics
from pronghorn._configurable import FAMILIES
from pronghorn.callbacks import Callback
from pronghorn.optimizers.optimizer import OPTIMIZERS
from pronghorn.random.seed_generator import global_generator
from tests.layers.test_keras_layers import CASES, arrays, built, called

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = RNG.normal(size=(50, 1)).astype("float32")


def pickled(thing, tmp_path):
    return pickle.loads(pickle.dumps(thing))


def stored_by_joblib(thing, tmp_path):
    joblib.dump(thing, tmp_path / "thing")
    return joblib.load(tmp_path / "thing")


WAYS = [pickled, lambda thing, tmp_path: copy.deepcopy(thing), stored_by_joblib]
ways = pytest.mark.parametrize("way", WAYS, ids=["pickle", "deepcopy", "joblib"])


class Branching(keras.Model):
    """Layers in attributes, lists and dicts."""

    def __init__(self):
        super().__init__()
        self.first = layers.Dense(8, activation="relu")
        self.others = {"last": [layers.Dropout(0.3), layers.Dense(1)]}

    def call(self, x, training=None):
        x = self.first(x)
        for layer in self.others["last"]:
            x = layer(x)
        return x


def sequential():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1),
        ]
    )


def without_input():
    return keras.Sequential([layers.Dense(8), layers.GaussianNoise(0.1), layers.Dense(1)])


def functional():
    x, shared = keras.Input((4,)), layers.Dense(4, activation="tanh")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, kernel_constraint="max_norm")])
    y = shared(inner(shared(x))) * 2 + 1
    return keras.Model(x, layers.Dense(1)(layers.Dropout(0.2)(y)))


def trained_on(model, state):
    """All that comes out of some more training, from given random numbers on."""
    global_generator().state.assign(state)
    history = model.fit(X, Y, batch_size=16, epochs=2, validation_split=0.2, verbose=0)
    return [
        *model.get_weights(),
        *(v.numpy() for v in model.optimizer.variables),
        model.predict(X, verbose=0),
        *(np.array(values) for values in history.history.values()),
        np.array(model.evaluate(X, Y, verbose=0)),
    ]


def assert_same(a, b):
    for ours, theirs in zip(a, b, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@ways
@pytest.mark.parametrize("stage", ["new", "compiled", "trained"])
@pytest.mark.parametrize("make", [sequential, without_input, functional, Branching])
def test_a_copy_of_a_model_trains_on_with_the_same_bits(make, stage, way, tmp_path):
    model = make()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 3, 0.9)
    arguments = {
        "optimizer": keras.optimizers.AdamW(schedule, use_ema=True),
        "loss": "mse",
        "metrics": ["mae", metrics.R2Score()],
    }
    if stage != "new":
        model.compile(**arguments)
    if stage == "trained":
        model.fit(X, Y, epochs=2, batch_size=16, verbose=0)
    twin = way(model, tmp_path)
    assert twin is not model
    if stage == "new":
        model.compile(**arguments)
        twin.compile(**{**arguments, "optimizer": copy.deepcopy(arguments["optimizer"])})
    assert twin.optimizer is not model.optimizer
    state = global_generator().state.numpy()
    assert_same(trained_on(model, state), trained_on(twin, state))
    before = model.get_weights()
    twin.set_weights([0 * w for w in twin.get_weights()])
    assert_same(before, model.get_weights())  # they share nothing


def test_a_shallow_copy_has_the_same_weights():
    model = sequential()
    twin = copy.copy(model)
    assert_same([model.predict(X, verbose=0)], [twin.predict(X, verbose=0)])
    assert all(a is b for a, b in zip(model.weights, twin.weights, strict=True))


@ways
def test_shared_layers_stay_shared(way, tmp_path):
    model = functional()
    twin = way(model, tmp_path)
    assert len(twin.weights) == len(model.weights)
    a, b = sequential(), without_input()
    b.layers[0].build((None, 4))
    pair = keras.Sequential([a, keras.layers.Dense(1)]), keras.Sequential([a])
    first, second = way(pair, tmp_path)
    assert first.layers[0] is second.layers[0]


@ways
@pytest.mark.parametrize("name", CASES)
def test_a_copy_of_a_layer_computes_the_same(name, way, tmp_path):
    layer, inputs = built(name), arrays(name, "x")
    twin = way(layer, tmp_path)
    for _ in "two":  # seeds and averages go on alike
        state = global_generator().state.numpy()
        y = called(layer, name, inputs)
        global_generator().state.assign(state)
        assert_same([y.numpy()], [called(twin, name, inputs).numpy()])
    assert_same(layer.get_weights(), twin.get_weights())
    assert twin.get_config() == layer.get_config()


@ways
@pytest.mark.parametrize("name", OPTIMIZERS.members)
def test_a_copy_of_an_optimizer_goes_on_alike(name, way, tmp_path):
    cls = OPTIMIZERS.members[name]
    if not issubclass(cls, keras.Optimizer) or inspect.isabstract(cls) or cls is keras.Optimizer:
        return
    weights = keras.Variable(X[:4, :3]), keras.Variable(Y[:3, 0])
    gradients = [np.full((4, 3), 0.5, "float32"), np.array([1, -2, 3], "float32")]
    parameters = inspect.signature(cls).parameters
    if "optimizer_map" in parameters:
        optimizer = cls(keras.optimizers.OptimizerMap(keras.optimizers.Adam()))
    else:
        optimizer = cls(0.1) if "learning_rate" in parameters else cls()
    optimizer.apply(gradients, weights)
    twin, copies = way((optimizer, weights), tmp_path)
    for _ in range(3):
        optimizer.apply(gradients, weights)
        twin.apply(gradients, copies)
    assert_same([w.numpy() for w in weights], [w.numpy() for w in copies])
    assert_same([v.numpy() for v in optimizer.variables], [v.numpy() for v in twin.variables])
    assert int(twin.iterations) == 4


def instances(family):
    """One of each class that needs no arguments."""
    for cls in FAMILIES[family].members.values():
        if isinstance(cls, type):
            try:
                yield cls()
            except (TypeError, ValueError, NotImplementedError):
                continue


@ways
def test_copies_of_losses_and_metrics_compute_the_same(way, tmp_path):
    y, p = np.eye(3, dtype="float32")[[0, 2, 1, 1]], RNG.dirichlet([1, 1, 1], 4).astype("float32")
    found = 0
    for loss in instances("keras.losses"):
        try:
            wanted = loss(y, p).numpy()
        except (ValueError, NotImplementedError):  # of class numbers
            continue
        np.testing.assert_array_equal(way(loss, tmp_path)(y, p).numpy(), wanted)
        found += 1
    assert found > 15
    for metric in [*instances("keras.metrics"), metrics.Precision(), metrics.AUC()]:
        try:
            metric.update_state(y, p)
        except (TypeError, ValueError, NotImplementedError):
            continue
        twin = way(metric, tmp_path)
        for each in (metric, twin):
            each.update_state(p, p)
        np.testing.assert_array_equal(np.asarray(twin.result()), np.asarray(metric.result()))
        found += 1
    assert found > 40


@ways
@pytest.mark.parametrize("family", FAMILIES)
def test_everything_with_a_config_can_be_copied(family, way, tmp_path):
    for thing in instances(family):
        for twin in (way(thing, tmp_path), copy.copy(thing)):
            assert type(twin) is type(thing)
            if hasattr(thing, "get_config") and type(thing).__name__ != "Model":
                assert twin.get_config() == thing.get_config()


@ways
def test_callbacks_and_history_can_be_copied(way, tmp_path):
    model = sequential()
    model.compile("sgd", "mse")
    stop = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[stop])
    twin = way(history, tmp_path)
    assert (twin.history, twin.epoch) == (history.history, history.epoch)
    twin = way(stop, tmp_path)
    assert (twin.best, twin.wait) == (stop.best, stop.wait)
    assert_same(twin.best_weights, stop.best_weights)


@ways
def test_a_model_is_copied_while_it_is_trained(way, tmp_path):
    class Copy(Callback):
        def on_epoch_end(self, epoch, logs=None):
            copies.append((way(self.model, tmp_path), self.model.get_weights()))

    copies: list = []
    model = sequential()
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[Copy()])
    for twin, weights in copies:
        assert_same(twin.get_weights(), weights)
        twin.fit(X, Y, verbose=0)


PROGRAM = """
import pickle, sys
import numpy as np
import pronghorn as keras

class Mine(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(3, activation="relu")
        self.drop = keras.layers.Dropout(0.5)
        self.last = keras.layers.Dense(1)

    def call(self, x, training=None):
        return self.last(self.drop(self.hidden(x), training=training))

x = np.linspace(-1, 1, 40).reshape(10, 4)
if sys.argv[1] == "write":
    model = Mine()
    model.compile("adam", "mse")
    model.fit(x, x[:, 0], epochs=2, verbose=0)
    pickle.dump(model, open(sys.argv[2], "wb"))
else:
    model = pickle.load(open(sys.argv[2], "rb"))
if sys.argv[1] == "write":
    model = pickle.load(open(sys.argv[2], "rb"))
model.fit(x, x[:, 0], epochs=2, verbose=0, shuffle=False)
print(model.predict(x, verbose=0).tobytes().hex())
"""


def test_a_model_of_a_class_in_main_goes_on_in_another_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    printed = [
        subprocess.run(
            [sys.executable, program, what, tmp_path / "model.pkl"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for what in ("write", "read")
    ]
    assert printed[0] == printed[1] != ""


def test_a_lambda_cannot_be_pickled_and_a_function_can(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(np.negative)])
    assert_same([pickled(model, tmp_path).predict(X, verbose=0)], [-X])
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: -x)])
    assert_same([copy.deepcopy(model).predict(X, verbose=0)], [-X])
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(model)


def test_a_loss_of_a_model_is_copied_with_it():
    loss = losses.Huber(0.5)
    model = sequential()
    model.compile("sgd", loss)
    assert copy.deepcopy(model).loss is not loss
