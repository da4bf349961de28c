# SPDX-License-Identifier: Apache-2.0
"""Optimizers against recorded training runs of Keras, and against their rules in float64."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.backend import Trace
from pronghorn.optimizers.optimizer import OPTIMIZERS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras" / "optimizers"
COMMON = np.load(FIXTURES / "common.npz")
CLASSES = OPTIMIZERS.members


def meta(name):
    return json.loads(str(np.load(FIXTURES / f"{name}.npz")["meta"]))


def is_recorded(name):
    """Whether all that the recorded optimizer uses exists by now."""
    form = meta(name)["optimizer"]
    rate = form["config"]["learning_rate"]
    missing = ("use_ema", "loss_scale_factor", "gradient_accumulation_steps")
    return (
        form["class_name"] in CLASSES
        and not any(form["config"][argument] for argument in missing)
        and (isinstance(rate, float) or hasattr(keras.optimizers.schedules, rate["class_name"]))
    )


RUNS = [
    p.stem for p in sorted(FIXTURES.glob("*.npz")) if p.stem != "common" and is_recorded(p.stem)
]


class TinyModel:
    """4 inputs, 5 tanh units, 3 classes: written with ops, trained by a compiled program."""

    def __init__(self, optimizer):
        names = ("h/kernel", "h/bias", "o/kernel", "o/bias")
        weights = [COMMON[f"w0_{i:03d}"] for i in range(4)]
        self.weights = [
            keras.Variable(w, name=name) for w, name in zip(weights, names, strict=True)
        ]
        self.optimizer = optimizer
        self.programs = {rows: self.step(rows) for rows in (8, 4)}

    def step(self, rows):
        w1, b1, w2, b2 = self.weights
        loss = keras.losses.SparseCategoricalCrossentropy()
        with Trace() as trace:
            x, y = trace.input((rows, 4), "float32"), trace.input((rows,), "int32")
            p = keras.ops.softmax(keras.ops.tanh(x @ w1 + b1) @ w2 + b2)
            value = loss(y, p)
            self.optimizer.apply(trace.gradients(value, self.weights), self.weights)
            return trace.compile([value])

    def fit(self, epochs):
        x, y = COMMON["x"], COMMON["y"]
        for _ in range(epochs):
            for begin in range(0, 20, 8):
                rows = slice(begin, begin + 8)
                self.programs[len(x[rows])].run([x[rows], y[rows]])


@pytest.mark.parametrize("run", RUNS)
def test_a_run_follows_that_of_keras(run):
    recorded, form = np.load(FIXTURES / f"{run}.npz"), meta(run)["optimizer"]
    model = TinyModel(keras.optimizers.deserialize(form))

    def check(prefix):
        for i, weight in enumerate(model.weights):
            # Keras's backends agree with each other to 1.2e-6 over the whole run.
            np.testing.assert_allclose(weight.numpy(), recorded[f"{prefix}_{i:03d}"], atol=2e-6)

    model.programs[8].run([COMMON["x"][:8], COMMON["y"][:8]])
    check("step1")
    model = TinyModel(keras.optimizers.deserialize(form))
    model.fit(3)
    check("w1")
    model.fit(2)
    check("w2")
    assert model.optimizer.iterations.numpy() == 15


@pytest.mark.parametrize("run", RUNS)
def test_the_state_is_that_of_keras_in_its_order(run):
    model = TinyModel(keras.optimizers.deserialize(meta(run)["optimizer"]))
    stored = [(shape, dtype) for _, shape, dtype in meta(run)["optimizer_variables"]]
    assert [(list(v.shape), v.dtype) for v in model.optimizer.variables] == stored
    names = [path.rpartition("/")[2] for path, _, _ in meta(run)["optimizer_variables"]]
    ours = [f"tiny_{v.name}" for v in model.optimizer.variables]
    named = [i for i, name in enumerate(names) if name.startswith("tiny_")]  # Keras forgets some
    assert [ours[i] for i in named] == [names[i] for i in named]


# The rules in float64: state, gradient, weight, step 1, 2, ... -> new weight.
def sgd(state, g, v, t, momentum=0.0, nesterov=False):
    u = state["u"] = momentum * state.get("u", 0) - 0.1 * g
    return v + (momentum * u - 0.1 * g if nesterov else u)


def rmsprop(state, g, v, t, momentum=0.0, centered=False):
    s = state["s"] = 0.9 * state.get("s", 0) + 0.1 * g * g
    if centered:
        a = state["a"] = 0.9 * state.get("a", 0) + 0.1 * g
        s = s - a * a
    u = state["u"] = momentum * state.get("u", 0) + 0.1 * g / np.sqrt(s + 1e-7)
    return v - u


def adam(state, g, v, t, amsgrad=False):
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    s = state["s"] = 0.999 * state.get("s", 0) + 0.001 * g * g
    if amsgrad:
        s = state["max"] = np.maximum(state.get("max", 0), s)
    return v - 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(s) + 1e-7)


def schedule_free_adamw(state, g, v, t):
    s = state["s"] = 0.999 * state.get("s", 0) + 0.001 * g * g
    z = state.get("z", v)
    x = (v - 0.1 * z) / 0.9
    z = state["z"] = z - 0.1 * g / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    return 0.1 * z + 0.9 * ((1 - 1 / t) * x + z / t)


RULES = [
    ("ScheduleFreeAdamW", schedule_free_adamw, {}),
    ("SGD", sgd, {}),
    ("SGD", sgd, {"momentum": 0.8}),
    ("SGD", sgd, {"momentum": 0.8, "nesterov": True}),
    ("RMSprop", rmsprop, {}),
    ("RMSprop", rmsprop, {"momentum": 0.5}),
    ("RMSprop", rmsprop, {"centered": True, "momentum": 0.5}),
    ("Adam", adam, {}),
    ("Adam", adam, {"amsgrad": True}),
]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(("name", "rule", "arguments"), RULES)
def test_steps_are_the_rule(name, rule, arguments, traced):
    rng = np.random.default_rng(4)
    start = rng.normal(size=(3, 2)).astype("float32")
    gradients = rng.normal(size=(5, 3, 2)).astype("float32")
    weight = keras.Variable(start)
    optimizer = CLASSES[name](0.1, **arguments)
    expected, state = start.astype("float64"), {}
    if traced:
        with Trace() as trace:
            optimizer.apply([trace.input((3, 2))], [weight])
            program = trace.compile()
    for t, g in enumerate(gradients, 1):
        if traced:
            program.run([g])
        else:
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(g), weight)])
        expected = rule(state, g.astype("float64"), expected, t, **arguments)
    # 1 - 0.999^t in float32 is off by up to 6e-8 / 1e-3, its root by half of that.
    np.testing.assert_allclose(weight.numpy(), expected, rtol=5e-5, atol=5e-6)


def test_every_optimizer_has_a_rule_or_follows_a_run_of_keras():
    followed = {meta(run)["optimizer"]["class_name"] for run in RUNS}
    assert {name for name, _, _ in RULES} | followed >= set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_configs_go_there_and_back(name):
    optimizer = CLASSES[name](0.25, weight_decay=0.5, clipnorm=2.0, name="mine")
    form = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    assert form["module"] == "keras.optimizers"
    assert form["config"]["learning_rate"] == 0.25
    again = keras.optimizers.deserialize(form)
    assert type(again) is CLASSES[name]
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize("run", RUNS)
def test_configs_are_those_of_keras(run):
    form = meta(run)["optimizer"]
    assert keras.optimizers.serialize(keras.optimizers.deserialize(form)) == form


@pytest.mark.parametrize("name", ["sgd", "SGD", "Adam", "adam", "ADAM", "rmsprop", "RMSprop"])
def test_names_in_any_case(name):
    assert type(keras.optimizers.get(name)).__name__.lower() == name.lower()


@pytest.mark.parametrize("name", CLASSES)
def test_the_learning_rate_can_be_set_at_any_time(name):
    weight, gradient = keras.Variable([1.0]), keras.ops.convert_to_tensor([1.0])
    optimizer = CLASSES[name](1)
    assert float(optimizer.learning_rate) == 1.0
    with Trace() as trace:
        optimizer.apply([gradient], [weight])
        program = trace.compile()
    if name != "Ftrl":  # which divides by the rate
        optimizer.learning_rate = 0.0
        program.run([])
        assert weight.numpy() == 1.0
    optimizer.learning_rate.assign(0.5)
    program.run([])
    assert weight.numpy() < (1.0 if name == "Adadelta" else 0.8)  # which begins with small steps
    assert optimizer.learning_rate.numpy() == np.float32(0.5)
    with pytest.raises(ValueError, match="learning_rate=-1"):
        optimizer.learning_rate = -1
    with pytest.raises(TypeError, match="compile again"):
        optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.1)
    assert float(optimizer.learning_rate) == 0.5


def test_a_function_as_learning_rate():
    optimizer = keras.optimizers.SGD(lambda: 0.25)
    assert optimizer.learning_rate == 0.25
    weight = keras.Variable([1.0])
    optimizer.apply([keras.ops.convert_to_tensor([2.0])], [weight])
    assert weight.numpy() == 0.5


def step(optimizer, weight, gradient):
    variable = keras.Variable(np.asarray(weight, "float32"))
    optimizer.apply([keras.ops.convert_to_tensor(np.asarray(gradient, "float32"))], [variable])
    return variable.numpy()


def test_clipping():
    sgd = keras.optimizers.SGD
    np.testing.assert_allclose(step(sgd(1.0, clipnorm=1.0), [0, 0], [3, 4]), [-0.6, -0.8])
    np.testing.assert_allclose(step(sgd(1.0, clipnorm=9.0), [0, 0], [3, 4]), [-3, -4])
    np.testing.assert_allclose(step(sgd(1.0, clipvalue=3.5), [0, 0], [3, -4]), [-3, 3.5])
    np.testing.assert_allclose(step(sgd(1.0, clipnorm=1.0), [0, 0], [0, 0]), [0, 0])
    assert np.isnan(step(sgd(1.0, clipvalue=1.0), [0], [np.nan]))
    variables = [keras.Variable([0.0]), keras.Variable([0.0])]
    gradients = [keras.ops.convert_to_tensor([3.0]), keras.ops.convert_to_tensor([4.0])]
    sgd(1.0, global_clipnorm=2.5).apply(gradients, variables)
    np.testing.assert_allclose([v.numpy()[0] for v in variables], [-1.5, -2.0])


def test_weight_decay_and_its_exceptions():
    variables = [keras.Variable([1.0], name=name) for name in ("kernel", "bias", "gamma")]
    zero = [keras.ops.convert_to_tensor([0.0])] * 3
    optimizer = keras.optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[variables[2]], var_names=["bias"])
    optimizer.apply(zero, variables)
    assert [float(v.numpy()[0]) for v in variables] == [0.75, 1.0, 1.0]


def test_constraints_come_last():
    variable = keras.Variable([0.5, 2.0])
    variable.constraint = keras.constraints.NonNeg()
    keras.optimizers.SGD(1.0).apply([keras.ops.convert_to_tensor([1.0, 1.0])], [variable])
    np.testing.assert_array_equal(variable.numpy(), [0.0, 1.0])


def test_variables_without_a_gradient_stay_as_they_are():
    used, unused = keras.Variable([1.0], name="used"), keras.Variable([1.0], name="unused")
    optimizer = keras.optimizers.SGD(0.5, momentum=0.5, weight_decay=0.1)
    with pytest.warns(UserWarning, match=r"\['unused'\]"):
        optimizer.apply([keras.ops.convert_to_tensor([1.0]), None], [used, unused])
    assert unused.numpy() == 1.0
    assert len(optimizer.variables) == 4
    with pytest.raises(ValueError, match="No variable has a gradient"):
        optimizer.apply([None, None], [used, unused])
    assert optimizer.iterations.numpy() == 1


def test_an_optimizer_belongs_to_its_variables():
    optimizer = keras.optimizers.Adam()
    first, other = keras.Variable([1.0]), keras.Variable([1.0], name="other")
    optimizer.build([first])
    optimizer.build([first])
    assert len(optimizer.variables) == 4
    with pytest.raises(ValueError, match="does not know the variable 'other'"):
        optimizer.apply([keras.ops.convert_to_tensor([1.0])], [other])
    with pytest.raises(ValueError, match="2 gradients for 1 variables"):
        optimizer.apply([None, None], [first])


@pytest.mark.parametrize("name", CLASSES)
def test_float64_weights_are_updated_in_float64(name):
    weight = keras.Variable(np.array([1.0]))
    optimizer = CLASSES[name](2.0**-30)
    optimizer.apply([keras.ops.convert_to_tensor(np.array([1.0]))], [weight])
    assert weight.dtype == "float64"
    if name != "Ftrl":  # whose steps do not start from the weight
        assert 1e-13 < 1 - weight.numpy()[0] < 1e-8  # nothing of which a float32 would show


def test_old_names():
    with pytest.warns(DeprecationWarning, match="learning_rate"):
        assert float(keras.optimizers.Adam(lr=0.5).learning_rate) == 0.5
    with pytest.warns(DeprecationWarning, match="InverseTimeDecay"):
        optimizer = keras.optimizers.SGD(0.5, decay=1.0)
    weight, gradient = keras.Variable([0.0]), keras.ops.convert_to_tensor([1.0])
    for _ in range(2):
        optimizer.apply([gradient], [weight])
    assert weight.numpy() == -0.75  # 0.5 / (1 + 0) + 0.5 / (1 + 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: keras.optimizers.Adam(learning_rat=1), TypeError, "Did you mean `learning_rate`"),
        (lambda: keras.optimizers.SGD(beta_1=1), TypeError, "momentum, nesterov"),
        (lambda: keras.optimizers.SGD("fast"), ValueError, "learning_rate='fast'"),
        (lambda: keras.optimizers.SGD(-0.1), ValueError, "learning_rate=-0.1"),
        (lambda: keras.optimizers.SGD(None), ValueError, "learning_rate=None"),
        (lambda: keras.optimizers.SGD(momentum=2), ValueError, "momentum=2"),
        (lambda: keras.optimizers.Adam(beta_1=1.0), ValueError, "beta_1=1.0"),
        (lambda: keras.optimizers.Adam(clipnorm=-1), ValueError, "clipnorm=-1"),
        (
            lambda: keras.optimizers.Adam(clipnorm=1, clipvalue=2),
            ValueError,
            "Received: clipnorm=1, clipvalue=2",
        ),
        (
            lambda: keras.optimizers.Adam(gradient_accumulation_steps=1),
            ValueError,
            "gradient_accumulation_steps=1",
        ),
        (lambda: keras.optimizers.get("adma"), ValueError, "Unknown optimizer: 'adma'.*'adam'"),
        (lambda: keras.optimizers.get(3), ValueError, "Received: 3"),
        (lambda: keras.optimizers.get(np.tanh), ValueError, "Expected an optimizer"),
    ],
)
def test_errors_say_what_came(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_optimizer_of_the_user():
    class Momentum(keras.optimizers.Optimizer):
        def __init__(self, learning_rate=0.1, momentum=0.9, **kwargs):
            super().__init__(learning_rate, **kwargs)
            self.momentum = momentum

        def build(self, variables):  # as the guide of Keras writes it
            super().build(variables)
            self.velocities = [self.add_variable_from_reference(v, "u") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            u = self.velocities[self._get_variable_index(variable)]
            self.assign(u, self.momentum * u - learning_rate * gradient)
            self.assign_add(variable, u)

    rng = np.random.default_rng(1)
    theirs, ours = keras.Variable(np.ones(3, "float32")), keras.Variable(np.ones(3, "float32"))
    optimizers = [Momentum(0.1), keras.optimizers.SGD(0.1, momentum=0.9)]
    for _ in range(3):
        g = keras.ops.convert_to_tensor(rng.normal(size=3).astype("float32"))
        for optimizer, weight in zip(optimizers, (theirs, ours), strict=True):
            optimizer.apply([g], [weight])
    np.testing.assert_allclose(theirs.numpy(), ours.numpy(), rtol=1e-6)
    config = optimizers[0].get_config()
    assert Momentum.from_config(config).momentum == 0.9
    assert config["name"] == "momentum"
