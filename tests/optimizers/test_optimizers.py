# SPDX-License-Identifier: Apache-2.0
"""Optimizers against recorded training runs of Keras, and against their rules in float64."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops
from pronghorn.backend import Trace, clear_session
from pronghorn.optimizers.optimizer import OPTIMIZERS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras" / "optimizers"
COMMON = np.load(FIXTURES / "common.npz")
CLASSES = {
    n: c for n, c in OPTIMIZERS.members.items() if n not in ("MultiOptimizer", "OptimizerMap")
}


def meta(name):
    return json.loads(str(np.load(FIXTURES / f"{name}.npz")["meta"]))


RUNS = [p.stem for p in sorted(FIXTURES.glob("*.npz")) if p.stem != "common"]


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
            gradients = trace.gradients(self.optimizer.scale_loss(value), self.weights)
            self.optimizer.apply(gradients, self.weights)
            return trace.compile([value])

    def fit(self, epochs):
        x, y = COMMON["x"], COMMON["y"]
        for _ in range(epochs):
            for begin in range(0, 20, 8):
                rows = slice(begin, begin + 8)
                self.programs[len(x[rows])].run([x[rows], y[rows]])
        self.optimizer.finalize_variable_values(self.weights)


@pytest.mark.parametrize("run", RUNS)
def test_a_run_follows_that_of_keras(run):
    recorded, form = np.load(FIXTURES / f"{run}.npz"), meta(run)["optimizer"]
    model = TinyModel(keras.optimizers.deserialize(form))

    def check(prefix):
        for i, weight in enumerate(model.weights):
            # Keras's backends agree with each other to 1.2e-6 over the whole run, 2e-5 for Muon.
            tolerance = 2e-5 if run == "muon" else 2e-6
            wanted = recorded[f"{prefix}_{i:03d}"]
            np.testing.assert_allclose(weight.numpy(), wanted, atol=tolerance)

    model.programs[8].run([COMMON["x"][:8], COMMON["y"][:8]])
    check("step1")
    model = TinyModel(keras.optimizers.deserialize(form))
    model.fit(3)
    check("w1")
    model.fit(2)
    check("w2")
    assert model.optimizer.variables[0].numpy() == 15
    assert int(model.optimizer.iterations) == (7 if run == "adam_accumulate" else 15)


@pytest.mark.parametrize("run", RUNS)
def test_the_state_is_that_of_keras_in_its_order(run):
    model = TinyModel(keras.optimizers.deserialize(meta(run)["optimizer"]))
    stored = [(shape, dtype) for _, shape, dtype in meta(run)["optimizer_variables"]]
    assert [(list(v.shape), v.dtype) for v in model.optimizer.variables] == stored
    for variable, (path, _, _) in zip(
        model.optimizer.variables, meta(run)["optimizer_variables"], strict=True
    ):
        if "tiny_" in path:  # Keras gives the others no names of their own
            assert f"tiny_{variable.name}" == path.rpartition("/")[2]


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
    optimizer.learning_rate = 0.0
    program.run([])
    if name == "Ftrl":  # has no step to make 0: its weights are a quotient by the learning rate
        assert np.isnan(weight.numpy())
    else:
        assert weight.numpy() == 1.0
    optimizer.learning_rate.assign(0.5)
    program.run([])
    assert name == "Ftrl" or weight.numpy() < 1.0
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
    with pytest.raises(ValueError, match="before training"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "Ftrl"])
def test_every_optimizer_can_decay_weights(name):
    # Without a gradient nothing else happens; only the weights of Ftrl do not depend on the past.
    weights = [keras.Variable(np.ones((2, 2), "float32"), name=n) for n in ("kernel", "gamma")]
    optimizer = CLASSES[name](0.25, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[weights[1]])
    optimizer.apply([keras.ops.zeros((2, 2))] * 2, weights)
    np.testing.assert_allclose(weights[0].numpy(), np.full((2, 2), 0.875), rtol=1e-6)
    np.testing.assert_allclose(weights[1].numpy(), np.ones((2, 2)), rtol=1e-6)


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


def test_old_names():
    with pytest.warns(DeprecationWarning, match="learning_rate") as warnings:
        assert float(keras.optimizers.AdamW(lr=0.5).learning_rate) == 0.5
    assert warnings[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="learning_rate=InverseTimeDecay"):
        optimizer = keras.optimizers.SGD(0.5, decay=1.0)
    weight, gradient = keras.Variable([0.0]), keras.ops.convert_to_tensor([1.0])
    for _ in range(2):
        optimizer.apply([gradient], [weight])
    assert weight.numpy() == -0.75  # 0.5 / (1 + 0) + 0.5 / (1 + 1)
    optimizer = keras.optimizers.SGD(0.5)
    with pytest.warns(DeprecationWarning, match="learning_rate") as warnings:
        optimizer.lr = 0.25
    assert warnings[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="learning_rate"):
        assert float(optimizer.lr) == 0.25
    assert float(optimizer.learning_rate) == 0.25


def test_a_number_can_become_a_schedule_before_training():
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    assert [v.name for v in optimizer.variables] == ["iteration"]
    weight, gradient = keras.Variable([0.0]), keras.ops.convert_to_tensor([1.0])
    for _ in range(2):
        optimizer.apply([gradient], [weight])
    assert weight.numpy() == -0.75


def test_the_learning_rate_can_be_set_between_the_batches_of_a_fit():
    class Halve(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: p)
    model.fit(np.ones((4, 1)), np.ones(4), batch_size=1, verbose=0, callbacks=Halve())
    assert model.get_weights()[0] == -1.875


def test_names_are_numbered_as_those_of_layers_are():
    clear_session()
    optimizers = [keras.optimizers.RMSprop(), keras.optimizers.RMSprop(), keras.optimizers.AdamW()]
    assert [o.name for o in optimizers] == ["rm_sprop", "rm_sprop_1", "adam_w"]


def test_weights_of_the_optimizer_can_be_set():
    optimizer, variable = keras.optimizers.SGD(0.5, momentum=0.5), keras.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="build"):
        optimizer.set_weights([])
    optimizer.build([variable])
    optimizer.set_weights([np.array(3), np.array(0.25), np.array([4.0, 8.0])])
    optimizer.apply([keras.ops.zeros((2,))])
    assert variable.numpy().tolist() == [3.0, 6.0]
    assert optimizer.iterations.numpy() == 4
    with pytest.raises(ValueError, match=r"shapes \[\(\), \(\), \(2,\)\]"):
        optimizer.set_weights([np.array(3), np.array(0.25), np.array([4.0])])


def test_add_optimizer_variables_as_keras_calls_it():
    optimizer, weights = keras.optimizers.SGD(0.5), [keras.Variable([1.0]), keras.Variable([2.0])]
    ones = optimizer.add_optimizer_variables(weights, "one", initializer="ones")
    assert [v.numpy().tolist() for v in ones] == [[1.0], [1.0]]
    two, three = optimizer.add_optimizer_variables(weights, ["a", "b"], ["zeros", "ones"])
    assert [float(v[0]) for v in (*two, *three)] == [0.0, 0.0, 1.0, 1.0]
    assert [v.name for v in optimizer.variables[4:6]] == ["variable_a", "variable_b"]
    with pytest.raises(ValueError, match="one initializer per name"):
        optimizer.add_optimizer_variables(weights, ["a", "b"], ["zeros"])


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
        (lambda: keras.optimizers.Adam(ema_momentum=2), ValueError, "ema_momentum=2"),
        (
            lambda: keras.optimizers.Adam(ema_overwrite_frequency=0),
            ValueError,
            "ema_overwrite_frequency=0",
        ),
        (
            lambda: keras.optimizers.Adam(gradient_accumulation_steps=1),
            ValueError,
            "gradient_accumulation_steps=1",
        ),
        (
            lambda: keras.optimizers.Adam(loss_scale_factor=0),
            ValueError,
            "loss_scale_factor=0",
        ),
        (lambda: keras.optimizers.AdamW(weight_decay=None), ValueError, "weight_decay=None"),
        (lambda: keras.optimizers.Adamax(beta_2=1), ValueError, "beta_2=1"),
        (lambda: keras.optimizers.Nadam(beta_1=-0.1), ValueError, "beta_1=-0.1"),
        (lambda: keras.optimizers.Lion(beta_2=1), ValueError, "beta_2=1"),
        (lambda: keras.optimizers.Lamb(beta_2=1), ValueError, "beta_2=1"),
        (lambda: keras.optimizers.Adadelta(rho=1), ValueError, "rho=1"),
        (
            lambda: keras.optimizers.Adagrad(initial_accumulator_value=-1),
            ValueError,
            "initial_accumulator_value=-1",
        ),
        (lambda: keras.optimizers.Ftrl(learning_rate_power=1), ValueError, "rate_power=1"),
        (lambda: keras.optimizers.Ftrl(l1_regularization_strength=-1), ValueError, "strength=-1"),
        (lambda: keras.optimizers.Adafactor(clip_threshold=0), ValueError, "clip_threshold=0"),
        (lambda: keras.optimizers.Muon(adam_beta_1=1), ValueError, "adam_beta_1=1"),
        (lambda: keras.optimizers.ScheduleFreeAdamW(beta_1=0), ValueError, "beta_1=0"),
        (lambda: keras.optimizers.ScheduleFreeAdamW(warmup_steps=-1), ValueError, "steps=-1"),
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


# -- in a loop of the user's own -----------------------------------------------------------------


def test_a_setting_may_change_between_steps_outside_of_fit() -> None:
    weight, optimizer = keras.Variable([1.0]), keras.optimizers.SGD(1.0)
    for clipvalue, expected in ((None, -1.0), (0.5, -1.5), (None, -3.5)):
        optimizer.clipvalue = clipvalue
        optimizer.apply([ops.convert_to_tensor([2.0])], [weight])
        assert float(weight[0]) == expected
    optimizer.learning_rate = 0.25
    optimizer.apply_gradients([(np.array([2.0], "float32"), weight)])
    assert float(weight[0]) == -4.0
    assert int(optimizer.iterations) == 4


def test_a_rule_that_looks_at_values_works_outside_of_fit() -> None:
    class Careful(keras.optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            if float(ops.max(ops.abs(gradient))) < 10:
                variable.assign_sub(learning_rate * gradient)

    weight, optimizer = keras.Variable([1.0]), Careful(1.0)
    for gradient in (2.0, 20.0, 3.0):
        optimizer.apply([ops.convert_to_tensor([gradient])], [weight])
    assert float(weight[0]) == -4.0


def test_an_optimizer_that_has_made_steps_outside_of_fit_can_be_copied() -> None:
    weight, optimizer = keras.Variable([1.0]), keras.optimizers.Adam()
    optimizer.apply([ops.convert_to_tensor([2.0])], [weight])
    assert int(copy.deepcopy(optimizer).iterations) == 1
