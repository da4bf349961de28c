# SPDX-License-Identifier: Apache-2.0
"""Models of real Keras, built again: with its weights they must give its predictions."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras
from pronghorn._structure import flatten

L, R = keras.layers, keras.regularizers

# fmt: off
ACTIVATIONS = [
    "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "gelu", "mish", "softplus",
    "softsign", "tanh", "sigmoid", "hard_sigmoid", "hard_silu", "hard_tanh", "tanh_shrink",
    "soft_shrink", "hard_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "log_sigmoid",
    "log_softmax", "exponential", "linear", "softmax",
]
# fmt: on


def seq_bn_reg():
    C = keras.constraints
    return keras.Sequential(
        [
            L.Input((4,)),
            L.Dense(6, None, False, "he_normal", kernel_regularizer="l2"),
            L.BatchNormalization(momentum=0.9),
            L.Activation("relu"),
            L.Dense(
                5,
                activation="leaky_relu",
                kernel_regularizer=R.L1L2(1e-3, 2e-3),
                bias_regularizer=R.L1(0.01),
                kernel_constraint=C.MaxNorm(1.0),
                activity_regularizer=R.L2(0.01),
            ),
            L.BatchNormalization(scale=False, epsilon=1e-4, beta_regularizer="l2"),
            L.Dense(
                4,
                activation="tanh",
                kernel_constraint=C.UnitNorm(),
                bias_constraint="non_neg",
                kernel_regularizer=R.OrthogonalRegularizer(0.01),
            ),
            L.Dense(1, kernel_constraint=C.MinMaxNorm(0.2, 0.8, 0.5)),
        ]
    )


def seq_noise():
    return keras.Sequential(
        [
            L.Input((6,)),
            L.GaussianNoise(0.1),
            L.Dense(8, activation="selu", kernel_initializer="lecun_normal"),
            L.AlphaDropout(0.1, seed=7),
            L.Dense(8, activation="gelu"),
            L.Dropout(0.3, seed=42),
            L.Dense(6),
            L.GaussianDropout(0.2),
            L.Dropout(0.5, noise_shape=(None, 1)),
            L.Dense(2),
        ]
    )


def func_nested_shared():
    shared = L.Dense(4, activation="relu", name="shared")
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    x, y = shared(a), shared(b)
    z = shared(x)
    sub = keras.Sequential(
        [L.Input((4,)), L.Dense(5, activation="tanh"), L.BatchNormalization(), L.Dense(3)]
    )
    i = L.Input((5,), name="subin")
    d = L.Dense(4, activation="elu", name="inner")(i)
    fsub = keras.Model(i, [L.Dense(3, name="left")(d), L.Dense(2, name="right")(d)])
    s1, s2 = sub(x), sub(z)
    p, q = fsub(L.Dense(5, name="mid")(y))
    p2, q2 = fsub(L.Dense(5, name="mid2")(z))
    o = keras.ops.relu(L.Add(name="sum")([s1, p, s2, p2])) * 2.0 + 1.0
    return keras.Model({"a": a, "b": b}, {"o": o, "q": q, "q2": q2})


def seq_activations():
    layers = [L.Input((8,))]
    for name in ACTIVATIONS:
        layers.append(L.Dense(8, activation=name, name="d_" + name))
        if len(layers) % 4 == 0:
            layers += [L.UnitNormalization(), L.Rescaling(4.0, offset=-0.2)]
    layers += [
        L.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.3),
        L.LeakyReLU(negative_slope=0.15),
        L.PReLU(),
        L.ELU(alpha=0.7),
        L.Activation("swish"),
        L.Softmax(),
        L.ActivityRegularization(l1=0.01, l2=0.02),
        L.Identity(),
    ]
    return keras.Sequential(layers)


def func_merge():
    a, b, c = L.Input((6,), name="a"), L.Input((6,), name="b"), L.Input((3, 4), name="c")
    h = [L.Dense(6, name=f"h{k}")(t) for k, t in enumerate([a, b, a])]
    first, second, *merged = [
        L.Add()(h),
        L.Subtract()(h[:2]),
        L.Multiply()(h),
        L.Average()(h),
        L.Maximum()(h),
        L.Minimum()(h),
    ]
    d1 = L.Dot(axes=1)([h[0], h[1]])
    d2 = L.Dot(axes=1, normalize=True)([h[1], h[2]])
    r = L.Flatten()(L.Permute((2, 1))(L.Reshape((2, 3))(first)))
    v = L.Flatten()(L.RepeatVector(2)(second))
    s = L.Flatten()(L.Dense(2, activation="tanh", name="seqdense")(c))
    t = L.LayerNormalization()(L.Concatenate()([*merged, d1, d2, r, v, s]))
    t2 = L.Dense(5, activation="relu", name="res")(t)
    return keras.Model([a, b, c], L.Dense(2, name="out")(L.Concatenate(axis=1)([t, t2])))


def seq_layernorm():
    return keras.Sequential(
        [
            L.Input((6,)),
            L.Dense(8, activation="selu", kernel_initializer="lecun_normal"),
            L.LayerNormalization(),
            L.Dense(6, activation="silu"),
            L.LayerNormalization(center=False, epsilon=1e-5),
            L.UnitNormalization(),
            L.Dense(6, kernel_initializer="orthogonal"),
            L.PReLU(),
            L.Dense(3),
        ]
    )


def func_frozen():
    i = L.Input((5,), name="in")
    frozen = L.Dense(6, activation="relu", name="frozen_dense", kernel_regularizer="l2")
    frozen.trainable = False
    normalization = L.BatchNormalization(name="frozen_bn")
    normalization.trainable = False
    t = L.Dense(4, activation="tanh", name="live")(normalization(frozen(i)))
    return keras.Model(i, L.Dense(1, name="out")(L.BatchNormalization(name="live_bn")(t)))


class ResidualBlock(L.Layer):
    """Own weights, trained and not, a sublayer and a list of sublayers."""

    def __init__(self, units, n=2, activation="elu", **kwargs):
        super().__init__(**kwargs)
        self.units, self.n = units, n
        self.activation = keras.activations.get(activation)
        self.proj = L.Dense(units)
        self.blocks = [L.Dense(units, activation="tanh") for _ in range(n)]

    def build(self, input_shape):
        make = self.add_weight
        self.shift = make(name="shift", shape=(self.units,), initializer="zeros", trainable=False)
        self.scale = make(name="scale", shape=(self.units,), initializer="ones")
        self.proj.build(input_shape)
        for block in self.blocks:
            block.build((None, self.units))

    def call(self, x):
        x = y = self.proj(x)
        for block in self.blocks:
            y = block(y)
        return self.activation(x + y * self.scale + self.shift)


def double_tanh(x):
    return 2.0 * keras.ops.tanh(x)


def custom_layer():
    return keras.Sequential(
        [
            L.Input((4,)),
            ResidualBlock(5),
            L.Dense(3, activation=double_tanh),
            ResidualBlock(3, n=1, activation="relu"),
            L.Dense(1),
        ]
    )


def lambda_model():
    return keras.Sequential([L.Input((4,)), L.Lambda(lambda t: t * 2.0 + 1.0), L.Dense(1)])


MODELS = {
    "03_seq_bn_reg": seq_bn_reg,
    "04_seq_noise": seq_noise,
    "06_func_nested_shared": func_nested_shared,
    "07_seq_activations": seq_activations,
    "08_func_merge": func_merge,
    "10_seq_layernorm": seq_layernorm,
    "14_func_frozen": func_frozen,
    "15_custom_layer": custom_layer,
    "16_lambda": lambda_model,
}


def load(path):
    with np.load(path) as file:
        recorded = dict(file)
    return recorded, json.loads(str(recorded["meta"]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("from_file", [False, True])
def test_predictions_are_those_of_keras(name, from_file, fixture_path):
    recorded, meta = load(fixture_path(f"keras/{name}.npz"))
    weights = [recorded[key] for key in sorted(recorded) if key.startswith("w0_")]
    model = MODELS[name]()
    if from_file:
        model.load_weights(fixture_path(f"keras/{name}.weights.h5"))
    else:
        model.set_weights(weights)
    for got, wanted in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, wanted)
    trained = [path.rpartition("/")[2] for path in meta["trainable_paths"]]
    assert [w.name for w in model.trainable_weights] == trained
    x = [recorded[f"x{i}"] for i in range(9) if f"x{i}" in recorded]
    x = dict(zip(meta["x_keys"], x, strict=True)) if meta["x_keys"] else x
    predictions = flatten(model.predict(x[0] if len(x) == 1 else x, verbose=0))
    for i, got in enumerate(predictions):
        # Keras's own backends differ by 1.2e-6 (the fixtures' README).
        np.testing.assert_allclose(got, recorded[f"pred0_{i}"], rtol=0, atol=1e-5)


def half_mse(y_true, y_pred):
    return 0.5 * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def compile_bn_reg(model):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 4, 0.7)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True)
    model.compile(optimizer, "mean_squared_error", metrics=["mae"])


def compile_layernorm(model):
    optimizer = keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(optimizer, loss, metrics=["accuracy"])


def compile_frozen(model):
    limits = {"global_clipnorm": 0.5, "weight_decay": 0.01}
    try:
        average = {"use_ema": True, "ema_momentum": 0.9}
        optimizer = keras.optimizers.Adam(0.02, amsgrad=True, **limits, **average)
    except NotImplementedError:
        pytest.skip("needs `use_ema` of optimizers")
    model.compile(optimizer, "mean_squared_error")


def compile_custom(model):
    if not hasattr(keras.optimizers, "Adagrad"):
        pytest.skip("needs the optimizer Adagrad")
    model.compile(keras.optimizers.Adagrad(0.05), half_mse, metrics=[half_mse, "mse"])


# name -> compile, and the weights that no two computers agree on: the bias of a Dense in front of
# a BatchNormalization has a gradient of zero but for rounding, which Adam makes a whole step.
TRAINED = {
    "03_seq_bn_reg": (compile_bn_reg, ()),
    "10_seq_layernorm": (compile_layernorm, ()),
    "14_func_frozen": (compile_frozen, ("live/bias",)),
    "15_custom_layer": (compile_custom, ()),
}


@pytest.mark.parametrize("name", TRAINED)
def test_training_is_that_of_keras(name, fixture_path):
    recorded, meta = load(fixture_path(f"keras/{name}.npz"))
    compile_model, noisy = TRAINED[name]
    x, y, rows = recorded["x0"], recorded["y0"], meta["fit"]["batch_size"]

    def compiled():
        model = MODELS[name]()
        compile_model(model)
        model.set_weights([recorded[key] for key in sorted(recorded) if key.startswith("w0_")])
        return model

    def assert_weights(model, prefix):
        for i, (path, got) in enumerate(
            zip(meta["weight_paths"], model.get_weights(), strict=True)
        ):
            if not path.endswith(noisy or "\0"):
                wanted = recorded[f"{prefix}_{i:03d}"]
                np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5, err_msg=path)

    def assert_logs(logs, expected):
        assert set(logs) <= set(expected)
        for log in logs:
            np.testing.assert_allclose(logs[log], expected[log], rtol=0, atol=1e-5, err_msg=log)

    def evaluate(model):
        return model.evaluate(x, y, batch_size=rows, verbose=0, return_dict=True)

    def fit(model, epochs):
        arguments = {"batch_size": rows, "epochs": epochs, "shuffle": False, "verbose": 0}
        return model.fit(x, y, **arguments).history

    model = compiled()
    model.train_on_batch(x[:rows], y[:rows])
    assert_weights(model, "step1")
    model = compiled()
    assert_logs(evaluate(model), meta["evaluate_before"])
    assert_logs(fit(model, meta["fit"]["epochs"]), meta["history"])
    assert_weights(model, "w1")
    np.testing.assert_allclose(model.predict(x, verbose=0), recorded["pred1_0"], rtol=0, atol=1e-5)
    assert_logs(evaluate(model), meta["evaluate_after"])
    assert_logs(fit(model, meta["fit"]["resume_epochs"]), meta["history_resumed"])
    assert_weights(model, "w2")
