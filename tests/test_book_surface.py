# SPDX-License-Identifier: Apache-2.0
"""The calls of two chapters of "Hands-On Machine Learning" (2nd and 3rd edition).

Each is here in the shape it has there, on a few rows. Old spellings work with a
`DeprecationWarning`; every other warning is an error.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
import pronghorn.layers

RNG = np.random.default_rng(42)
IMAGES = RNG.integers(0, 256, (96, 6, 6)).astype("uint8")
LABELS = RNG.integers(0, 10, 96).astype("uint8")
TABLE = RNG.normal(size=(100, 8))
PRICES = TABLE @ RNG.normal(size=8)  # (n,) against an output of (n, 1)
A, B = TABLE[:, :5], TABLE[:, 2:]


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()
    keras.utils.set_random_seed(42)


def _classifier(**options: Any) -> Any:
    model = keras.models.Sequential()
    with pytest.warns(DeprecationWarning, match="Input"):
        model.add(keras.layers.Flatten(input_shape=[6, 6]))
    model.add(keras.layers.Dense(30, activation="relu", **options))
    model.add(keras.layers.Dense(10, activation="softmax"))
    return model


def _regressor(*layers: Any) -> Any:
    return keras.Sequential([keras.Input((8,)), *layers, keras.layers.Dense(1)])


# -- chapter 10 ---------------------------------------------------------------------------------


def test_modules_are_where_the_book_finds_them() -> None:
    assert keras.backend is keras.backend
    assert pronghorn.layers is keras.layers
    assert keras.__version__.count(".") == 2
    assert keras.models.Sequential is keras.Sequential
    assert keras.models.Model is keras.Model
    assert callable(keras.datasets.fashion_mnist.load_data)
    assert callable(keras.datasets.mnist.load_data)


def test_names_start_anew_after_clear_session() -> None:
    model = _classifier()
    hidden = model.layers[1]
    assert hidden.name == "dense"
    assert model.get_layer("dense") is hidden
    keras.backend.clear_session()
    assert keras.layers.Dense(1).name == "dense"


def test_an_image_classifier_from_the_first_pages(capsys) -> None:
    model = _classifier()
    weights, biases = model.layers[1].get_weights()
    assert (weights.shape, biases.shape) == ((36, 30), (30,))
    assert not biases.any()
    model.layers[1].set_weights([weights, biases])
    model.summary()
    assert "1,420" in capsys.readouterr().out
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    x, y = IMAGES / 255.0, LABELS
    history = model.fit(x, y, epochs=3, validation_data=(x[:10], y[:10]), verbose=0)
    assert history.params["epochs"] == 3
    assert history.params["steps"] == 3
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(isinstance(v, float) for values in history.history.values() for v in values)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert 0 <= accuracy <= 1
    probabilities = model.predict(x[:3], verbose=0)
    assert probabilities.dtype == np.float32
    assert probabilities.round(2).shape == (3, 10)
    assert probabilities.argmax(axis=-1).shape == (3,)


def test_functions_and_classes_as_loss_and_metric() -> None:
    model = _classifier()
    model.compile(
        loss=keras.losses.sparse_categorical_crossentropy,
        optimizer=keras.optimizers.SGD(),
        metrics=[keras.metrics.sparse_categorical_accuracy],
    )
    history = model.fit(IMAGES, LABELS, verbose=0)
    assert "sparse_categorical_accuracy" in history.history
    one_hot = keras.utils.to_categorical([0, 5, 1, 0], num_classes=10)
    assert one_hot.shape == (4, 10)


def test_input_layers_in_old_and_new_spelling() -> None:
    for layer in (
        keras.layers.InputLayer(shape=[6, 6]),
        keras.layers.InputLayer(input_shape=[6, 6]),
        keras.layers.Input(shape=[6, 6]),
    ):
        model = keras.Sequential([layer, keras.layers.Flatten(), keras.layers.Dense(1)])
        assert model.input_shape == (None, 6, 6)
        assert isinstance(model.layers[0], keras.layers.Flatten)
    with pytest.warns(DeprecationWarning, match="Input"):
        layer = keras.layers.Dense(3, activation="relu", batch_input_shape=[None, 8])
    assert keras.Sequential([layer]).output_shape == (None, 3)
    with pytest.warns(DeprecationWarning, match="Input"):
        layer = keras.layers.Dense(3, input_dim=8)
    assert keras.Sequential([layer]).output_shape == (None, 3)


def test_a_regressor_with_normalization_and_a_metric_by_class_name() -> None:
    with pytest.warns(DeprecationWarning, match="Input"):
        norm_layer = keras.layers.Normalization(input_shape=TABLE.shape[1:])
    model = keras.Sequential(
        [norm_layer, keras.layers.Dense(50, activation="relu"), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(learning_rate=1e-3)
    model.compile(loss="mse", optimizer=optimizer, metrics=["RootMeanSquaredError"])
    norm_layer.adapt(TABLE)
    assert sum(v.size for v in norm_layer.variables) == 17
    history = model.fit(TABLE, PRICES, epochs=2, validation_data=(TABLE, PRICES), verbose=0)
    assert list(history.history) == [
        "RootMeanSquaredError",
        "loss",
        "val_RootMeanSquaredError",
        "val_loss",
    ]
    mse, rmse = model.evaluate(TABLE, PRICES, verbose=0)
    assert rmse == pytest.approx(math.sqrt(mse), rel=1e-5)
    assert model.predict(TABLE[:3], verbose=0).shape == (3, 1)


def test_normalization_of_raw_images() -> None:
    norm_layer = keras.layers.Normalization()
    norm_layer.adapt(IMAGES)
    assert norm_layer(IMAGES).shape == IMAGES.shape


def test_targets_of_rank_one_mean_one_number_for_each_row() -> None:
    model = _regressor()
    model.compile(loss="mse", optimizer="sgd")
    flat = model.evaluate(TABLE, PRICES, verbose=0)
    assert flat == pytest.approx(model.evaluate(TABLE, PRICES[:, None], verbose=0))


def _wide_and_deep(outputs: int) -> Any:
    input_a = keras.layers.Input(shape=[5], name="wide_input")
    input_b = keras.layers.Input(shape=[6], name="deep_input")
    hidden1 = keras.layers.Dense(30, activation="relu")(input_b)
    hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
    concat = keras.layers.concatenate([input_a, hidden2])
    output = keras.layers.Dense(1, name="output")(concat)
    aux = keras.layers.Dense(1, name="aux_output")(hidden2)
    return keras.models.Model(inputs=[input_a, input_b], outputs=[output, aux][:outputs])


def test_two_inputs_as_tuple_list_or_dict() -> None:
    model = _wide_and_deep(1)
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=1e-3))
    for data in ((A, B), [A, B], {"wide_input": A, "deep_input": B}):
        model.fit(data, PRICES, epochs=1, validation_data=(data, PRICES), verbose=0)
        assert isinstance(model.evaluate(data, PRICES, verbose=0), float)
        assert model.predict(data, verbose=0).shape == (100, 1)


@pytest.mark.parametrize("container", [list, tuple])
def test_two_outputs_with_weights(container: Any) -> None:
    model = _wide_and_deep(2)
    assert model.output_names == ["output", "aux_output"]
    model.compile(
        loss=container(["mse", "mse"]),
        loss_weights=container([0.9, 0.1]),
        optimizer="sgd",
        metrics=["RootMeanSquaredError", "RootMeanSquaredError"],
    )
    y = container([PRICES, PRICES])
    model.fit(container([A, B]), y, epochs=1, validation_data=((A, B), y), verbose=0)
    total, main, aux, main_rmse, aux_rmse = _in_book_order(model, y)
    assert total == pytest.approx(0.9 * main + 0.1 * aux, rel=1e-5)
    y_pred_main, y_pred_aux = model.predict((A[:3], B[:3]), verbose=0)
    named = dict(zip(model.output_names, (y_pred_main, y_pred_aux), strict=True))
    assert named["output"].shape == (3, 1)


def _in_book_order(model: Any, y: Any) -> list[float]:
    values = model.evaluate((A, B), y, verbose=0, return_dict=True)
    names = [n for n in values if n != "loss" and "Root" not in n]
    return [values["loss"], values["output_loss"], values["aux_output_loss"]] + [
        v for n, v in values.items() if n not in ("loss", *names)
    ]


def test_without_metrics_two_outputs_evaluate_to_three_values() -> None:
    model = _wide_and_deep(2)
    model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")
    total, main, aux = model.evaluate([A, B], [PRICES, PRICES], verbose=0)
    assert total == pytest.approx(0.9 * main + 0.1 * aux, rel=1e-5)


class WideAndDeepModel(keras.models.Model):
    def __init__(self, units: int = 30, activation: str = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm_layer_wide = keras.layers.Normalization()
        self.norm_layer_deep = keras.layers.Normalization()
        self.hidden1 = keras.layers.Dense(units, activation=activation)
        self.hidden2 = keras.layers.Dense(units, activation=activation)
        self.main_output = keras.layers.Dense(1)
        self.aux_output = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        input_wide, input_deep = inputs
        norm_wide = self.norm_layer_wide(input_wide)
        norm_deep = self.norm_layer_deep(input_deep)
        hidden1 = self.hidden1(norm_deep)
        hidden2 = self.hidden2(hidden1)
        concat = keras.layers.concatenate([norm_wide, hidden2])
        return self.main_output(concat), self.aux_output(hidden2)


def test_a_subclassed_model_with_one_loss_for_both_outputs() -> None:
    model = WideAndDeepModel(30, activation="relu", name="my_cool_model")
    optimizer = keras.optimizers.Adam(learning_rate=1e-3)
    model.compile(
        loss="mse",
        loss_weights=[0.9, 0.1],
        optimizer=optimizer,
        metrics=["RootMeanSquaredError", "RootMeanSquaredError"],
    )
    model.norm_layer_wide.adapt(A)
    model.norm_layer_deep.adapt(B)
    history = model.fit(
        (A, B), (PRICES, PRICES), epochs=2, validation_data=((A, B), (PRICES, PRICES)), verbose=0
    )
    assert sum("loss" in name and "val" not in name for name in history.history) == 3
    y_pred_main, y_pred_aux = model.predict((A[:3], B[:3]), verbose=0)
    assert y_pred_main.shape == y_pred_aux.shape == (3, 1)
    assert model.name == "my_cool_model"


def test_callbacks_of_the_book() -> None:
    seen = []

    class PrintValTrainRatioCallback(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            seen.append(logs["val_loss"] / logs["loss"])

    class ExponentialLearningRate(keras.callbacks.Callback):
        def __init__(self, factor: float) -> None:  # without super().__init__()
            self.factor = factor
            self.rates: list[float] = []
            self.losses: list[float] = []

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            rate = self.model.optimizer.learning_rate.numpy() * self.factor
            self.model.optimizer.learning_rate = rate
            self.rates.append(rate)
            self.losses.append(logs["loss"])

    K = keras.backend

    class Older(ExponentialLearningRate):
        def on_batch_end(self, batch: int, logs: Any) -> None:
            self.rates.append(K.get_value(self.model.optimizer.learning_rate))
            self.losses.append(logs["loss"])
            K.set_value(
                self.model.optimizer.learning_rate, self.model.optimizer.learning_rate * self.factor
            )

    model = _regressor()
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=1e-3))
    finder, older = ExponentialLearningRate(1.05), Older(1.05)
    early = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    model.fit(
        TABLE,
        PRICES,
        epochs=2,
        validation_data=(TABLE, PRICES),
        callbacks=[PrintValTrainRatioCallback(), early, finder],
        verbose=0,
    )
    assert len(seen) == 2
    assert finder.rates == pytest.approx([1e-3 * 1.05**i for i in range(1, 9)], rel=1e-5)
    assert min(finder.losses) <= max(finder.losses)
    with pytest.warns(DeprecationWarning, match="K\\..*is now"):
        model.fit(TABLE, PRICES, callbacks=[older], verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-3 * 1.05**12, rel=1e-4)


# -- chapter 11 ---------------------------------------------------------------------------------


def test_lists_of_names() -> None:
    for module, names in {
        keras.initializers: ("HeNormal", "he_normal", "VarianceScaling"),
        keras.activations: ("relu", "selu", "gelu", "swish", "mish"),
        keras.layers: ("LeakyReLU", "PReLU", "ReLU", "ELU"),
    }.items():
        assert set(names) <= set(dir(module))
    for name in dir(keras.optimizers.schedules):
        if name[0].isupper():
            assert getattr(keras.optimizers.schedules, name).__doc__.splitlines()[0]


def test_initializers_and_activations_by_name_and_object() -> None:
    he_avg_init = keras.initializers.VarianceScaling(
        scale=2.0, mode="fan_avg", distribution="uniform"
    )
    leaky_relu = keras.layers.LeakyReLU(negative_slope=0.2)
    with pytest.warns(DeprecationWarning, match="negative_slope"):
        assert keras.layers.LeakyReLU(alpha=0.2).negative_slope == 0.2
    assert keras.layers.LeakyReLU().negative_slope == 0.3
    model = _regressor(
        keras.layers.Dense(4, activation="relu", kernel_initializer="he_normal"),
        keras.layers.Dense(4, activation=leaky_relu, kernel_initializer=he_avg_init),
        keras.layers.Dense(4, kernel_initializer="lecun_normal", activation="selu"),
        keras.layers.Dense(4, kernel_initializer="glorot_normal"),
        keras.layers.PReLU(),
        keras.layers.Dense(4, activation="swish"),
        keras.layers.Activation("relu"),
        keras.layers.Dense(4, activation="elu"),
    )
    model.compile("sgd", "mse")
    model.fit(TABLE, PRICES, verbose=0)


def test_a_model_without_input_shape_is_built_by_its_data() -> None:
    model = keras.models.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])
    assert not model.built
    model.compile("sgd", "mse")
    model.fit(TABLE, PRICES, verbose=0)
    assert model.layers[0].get_weights()[0].shape == (8, 3)


def test_a_hundred_layers_stay_finite() -> None:
    model = keras.models.Sequential()
    with pytest.warns(DeprecationWarning, match="Input"):
        model.add(keras.layers.Flatten(input_shape=[6, 6]))
    for _ in range(100):
        model.add(keras.layers.Dense(20, activation="selu", kernel_initializer="lecun_normal"))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    scaled = (IMAGES - IMAGES.mean(axis=0)) / IMAGES.std(axis=0)
    history = model.fit(scaled, LABELS, verbose=0)
    assert math.isfinite(history.history["loss"][0])


def test_batch_normalization_lists_its_variables() -> None:
    model = _regressor(
        keras.layers.BatchNormalization(),
        keras.layers.Dense(4, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("relu"),
    )
    variables = [(v.name, v.trainable) for v in model.layers[0].variables]
    assert variables == [
        ("gamma", True),
        ("beta", True),
        ("moving_mean", False),
        ("moving_variance", False),
    ]
    model.compile("sgd", "mse")
    model.fit(TABLE, PRICES, verbose=0)


def test_transfer_of_layers_between_models() -> None:
    model_a = _regressor(keras.layers.Dense(6, activation="relu"))
    model_a.compile("sgd", "mse")
    model_a_clone = keras.models.clone_model(model_a)
    model_a_clone.set_weights(model_a.get_weights())
    model_b = keras.models.Sequential(model_a.layers[:-1])
    model_b.add(keras.layers.Dense(1, activation="sigmoid"))
    for layer in model_b.layers[:-1]:
        layer.trainable = False
    model_b.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=1e-3),
        metrics=["accuracy"],
    )
    before = model_a.layers[0].get_weights()[0]
    labels = (PRICES > 0).astype("float32")
    model_b.fit(TABLE, labels, epochs=2, validation_data=(TABLE, labels), verbose=0)
    np.testing.assert_array_equal(model_a.layers[0].get_weights()[0], before)
    for layer in model_b.layers[:-1]:
        layer.trainable = True
    model_b.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model_b.fit(TABLE, labels, verbose=0)
    assert (model_a.layers[0].get_weights()[0] != before).any()
    np.testing.assert_array_equal(model_a_clone.layers[0].get_weights()[0], before)


_opt = keras.optimizers
OPTIMIZERS = {
    "clipvalue": partial(_opt.SGD, clipvalue=1.0),
    "clipnorm": partial(_opt.SGD, clipnorm=1.0),
    "momentum": partial(_opt.SGD, learning_rate=0.001, momentum=0.9),
    "nesterov": partial(_opt.SGD, learning_rate=0.001, momentum=0.9, nesterov=True),
    "adagrad": partial(_opt.Adagrad, learning_rate=0.001),
    "rmsprop": partial(_opt.RMSprop, learning_rate=0.001, rho=0.9),
    "adam": partial(_opt.Adam, learning_rate=0.001, beta_1=0.9, beta_2=0.999),
    "adamax": partial(_opt.Adamax, learning_rate=0.001, beta_1=0.9, beta_2=0.999),
    "nadam": partial(_opt.Nadam, learning_rate=0.001, beta_1=0.9, beta_2=0.999),
    "adamw": partial(_opt.AdamW, weight_decay=1e-5, learning_rate=0.001, beta_1=0.9, beta_2=0.999),
    "by name": lambda: "nadam",
    "exponential": lambda: _opt.SGD(_opt.schedules.ExponentialDecay(0.01, 20, 0.1)),
    "exponential by name": lambda: _opt.SGD(
        _opt.schedules.ExponentialDecay(
            initial_learning_rate=0.01, decay_steps=20, decay_rate=0.1, staircase=False
        )
    ),
    "power": lambda: _opt.SGD(
        _opt.schedules.InverseTimeDecay(
            initial_learning_rate=0.01, decay_steps=10, decay_rate=1.0, staircase=False
        )
    ),
    "piecewise": lambda: _opt.SGD(
        _opt.schedules.PiecewiseConstantDecay(boundaries=[5, 15], values=[0.01, 0.005, 0.001])
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_and_schedules(name: str) -> None:
    model = _regressor(keras.layers.Dense(4, activation="relu"))
    model.compile(loss="mse", optimizer=OPTIMIZERS[name]())
    losses = model.fit(TABLE, PRICES, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_old_names_of_the_learning_rate_and_its_decay() -> None:
    with pytest.warns(DeprecationWarning, match="learning_rate"):
        assert float(keras.optimizers.SGD(lr=0.02).learning_rate) == pytest.approx(0.02)
    with pytest.warns(DeprecationWarning, match="InverseTimeDecay"):
        optimizer = keras.optimizers.SGD(learning_rate=0.01, decay=0.5)
    model = _regressor()
    model.compile(loss="mse", optimizer=optimizer)
    model.fit(TABLE, PRICES, batch_size=50, verbose=0)
    assert float(optimizer.learning_rate) == pytest.approx(0.01 / (1 + 0.5 * 2))


def test_callbacks_that_set_the_learning_rate() -> None:
    def exponential_decay_fn(epoch: int) -> float:
        return np.float64(0.01) * 0.1 ** (epoch / 20)

    def from_the_current_one(epoch: int, lr: float) -> float:
        return lr * 0.1 ** (1 / 20)

    model = _regressor()
    model.compile("sgd", "mse")
    for function in (exponential_decay_fn, from_the_current_one):
        scheduler = keras.callbacks.LearningRateScheduler(function)
        history = model.fit(TABLE, PRICES, epochs=2, callbacks=[scheduler], verbose=0)
        assert "learning_rate" in history.history
        with pytest.warns(DeprecationWarning, match="learning_rate"):
            assert history.history["lr"] == history.history["learning_rate"]
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=5)
    model.fit(TABLE, PRICES, validation_data=(TABLE, PRICES), callbacks=[plateau], verbose=0)


def test_a_callback_may_write_into_the_logs_of_an_epoch() -> None:
    class Decay(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.sum_of_epoch_losses = 0

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            mean_epoch_loss = logs["loss"]
            new_sum = mean_epoch_loss * (batch + 1)
            self.batch_loss = new_sum - self.sum_of_epoch_losses
            self.sum_of_epoch_losses = new_sum

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs = logs or {}
            logs["rate"] = float(self.model.optimizer.learning_rate.numpy())

    model = _regressor()
    model.compile("sgd", "mse")
    history = model.fit(TABLE, PRICES, epochs=2, callbacks=[Decay()], verbose=0)
    assert history.history["rate"] == pytest.approx([0.01, 0.01])


def test_regularization_by_partial() -> None:
    RegularizedDense = partial(
        keras.layers.Dense,
        activation="elu",
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.l2(0.01),
    )
    model = _regressor(RegularizedDense(10), RegularizedDense(4, activation="softmax"))
    model.compile("sgd", "mse")
    assert len(model.losses) == 2
    loss = model.evaluate(TABLE, PRICES, verbose=0)
    error = np.mean((model.predict(TABLE, verbose=0)[:, 0] - PRICES) ** 2)
    assert loss == pytest.approx(error + float(sum(model.losses)), rel=1e-5)
    MaxNormDense = partial(keras.layers.Dense, kernel_constraint=keras.constraints.max_norm(1.0))
    limited = _regressor(MaxNormDense(10))
    limited.compile("sgd", "mse")
    limited.fit(TABLE, PRICES, verbose=0)
    assert np.linalg.norm(limited.layers[0].get_weights()[0], axis=0).max() <= 1 + 1e-6
    assert keras.regularizers.l1(0.1)(np.ones(3)).shape == ()
    assert keras.regularizers.l1_l2(0.1, 0.01)(np.ones(3)).shape == ()


def test_dropout_at_training_time_and_for_estimates() -> None:
    class MCDropout(keras.layers.Dropout):
        def call(self, inputs: Any) -> Any:
            return super().call(inputs, training=True)

    class MCAlphaDropout(keras.layers.AlphaDropout):
        def call(self, inputs: Any, training: Any = None) -> Any:
            return super().call(inputs, training=True)

    model = _regressor(
        keras.layers.Dropout(rate=0.2),
        keras.layers.Dense(20, activation="relu"),
        keras.layers.AlphaDropout(rate=0.1),
    )
    model.compile("sgd", "mse")
    model.fit(TABLE, PRICES, verbose=0)
    y_probas = np.stack([model(TABLE, training=True) for _ in range(5)])
    assert y_probas.shape == (5, 100, 1)
    assert y_probas.std(axis=0).max() > 0
    mc_model = keras.models.Sequential(
        [
            MCDropout(layer.rate)
            if isinstance(layer, keras.layers.Dropout)
            else MCAlphaDropout(layer.rate)
            if isinstance(layer, keras.layers.AlphaDropout)
            else layer
            for layer in model.layers
        ]
    )
    mc_model.build((None, 8))
    mc_model.set_weights(model.get_weights())
    first, second = (mc_model.predict(TABLE, verbose=0) for _ in range(2))
    assert (first != second).any()


def test_labels_as_columns() -> None:
    model = _classifier()
    model.compile("nadam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(IMAGES, LABELS[:, None], verbose=0)
    _, as_column = model.evaluate(IMAGES, LABELS[:, None], verbose=0)
    assert as_column == model.evaluate(IMAGES, LABELS, verbose=0)[1]


# -- around Keras -------------------------------------------------------------------------------


def test_histories_become_frames() -> None:
    pd = pytest.importorskip("pandas")
    model = _regressor()
    model.compile("sgd", "mse")
    history = model.fit(TABLE, PRICES, epochs=3, validation_split=0.1, verbose=0)
    frame = pd.DataFrame(history.history)
    assert frame.shape == (3, 2)
    assert (frame.dtypes == "float64").all()
