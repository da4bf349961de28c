# SPDX-License-Identifier: Apache-2.0
"""`train_step`, `test_step`, `predict_step`, `compute_loss`, `compute_metrics` of a user's own.

Each style of the guides trains as the built-in step does: traced, called for every batch, or in a
loop of the user's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = (X @ np.array([1.0, -2.0, 0.5, 3.0], "float32"))[:, None] + 0.5
WEIGHTS = RNG.uniform(0.5, 2.0, 50).astype("float32")


class BuiltIn(keras.Sequential):
    pass


class TensorFlowStyle(keras.Sequential):
    """The guide "Customizing what happens in fit() with TensorFlow"."""

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply_gradients(zip(gradients, trainable_vars, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=float(x.shape[0]))
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=float(x.shape[0]))
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class Keras3Style(keras.Sequential):
    """What the built-in step of Keras 3 does, written out."""

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True
            )
            self.metrics[0].update_state(loss, sample_weight=ops.shape(x)[0])
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)


class OwnTrackers(keras.Sequential):
    """The guide again: "Going lower-level", with metrics as attributes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")
        self.loss_fn = keras.losses.MeanSquaredError()

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.loss_fn(y, y_pred, sample_weight=sample_weight)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss, sample_weight=float(x.shape[0]))
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    def test_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self.loss_fn(y, y_pred, sample_weight=sample_weight)
        self.loss_tracker.update_state(loss, sample_weight=float(x.shape[0]))
        self.mae_metric.update_state(y, y_pred)
        return self.get_metrics_result()

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


STYLES = (BuiltIn, TensorFlowStyle, Keras3Style, OwnTrackers)


def network(style: Any, dropout: bool = True, **compile_arguments: Any) -> Any:
    keras.utils.set_random_seed(5)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="tanh"),
        *([keras.layers.Dropout(0.3)] if dropout else []),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(1),
    ]
    model = style(layers)
    given = {"loss": "mse", "metrics": ["mae"]} if style is not OwnTrackers else {}
    model.compile(keras.optimizers.Adam(0.01), **given, **compile_arguments)
    return model


def trained(style: Any, weighted: bool = False, **compile_arguments: Any) -> Any:
    model = network(style, **compile_arguments)
    weights = {"sample_weight": WEIGHTS} if weighted else {}
    history = model.fit(
        X, Y, batch_size=16, epochs=3, validation_data=(X[:7], Y[:7]), verbose=0, **weights
    )
    return history.history, model.get_weights()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("style", STYLES[1:])
def test_a_traced_step_of_any_style_is_the_built_in_one_bit_for_bit(style: Any, weighted) -> None:
    history, weights = trained(style, weighted)
    expected, expected_weights = trained(BuiltIn, weighted)
    assert list(history) == list(expected) == ["loss", "mae", "val_loss", "val_mae"]
    assert history == expected
    for mine, theirs in zip(weights, expected_weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("style", STYLES)
def test_run_eagerly_trains_like_the_traced_step(style: Any) -> None:
    """With the same shuffles and dropout; what differs is which products are fused into sums."""
    history, weights = trained(style, run_eagerly=True)
    expected, expected_weights = trained(style)
    assert list(history) == list(expected)
    for name, values in history.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-4)
    for mine, theirs in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def test_a_loop_of_the_users_own_trains_like_fit() -> None:
    """Chapter 12 of the book, with the batches in order."""
    model = network(BuiltIn)
    model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    expected = model.get_weights()

    model = network(BuiltIn)
    optimizer, loss_fn = keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError()
    mean_loss = keras.metrics.Mean(name="mean_loss")
    judges = [keras.metrics.MeanAbsoluteError()]
    for _ in range(2):
        for metric in [mean_loss, *judges]:
            metric.reset_state()
        for start in range(0, 50, 16):
            x, y = X[start : start + 16], Y[start : start + 16]
            with keras.GradientTape() as tape:
                y_pred = model(x, training=True)
                main_loss = ops.mean(loss_fn(y, y_pred))
                loss = sum([main_loss, *model.losses])
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            for variable in model.variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
            mean_loss(loss)
            for metric in judges:
                metric(y, y_pred)
    assert 0 < float(mean_loss.result()) < 20
    for mine, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def test_values_that_are_no_metrics_are_those_of_the_last_batch() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            x, y = data
            logs = super().train_step(data)
            return {**logs, "largest": ops.max(x), "rows": x.shape[0], "pair": {"a": ops.min(x)}}

        def test_step(self, data):
            return {"first": data[0][0, 0], "vector": data[0][0]}

    model = network(Model, dropout=False)
    history = model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history
    last = X[48:]
    assert history["largest"] == [float(last.max())] * 2
    assert history["a"] == [float(last.min())] * 2
    assert history["rows"] == [2.0, 2.0]
    tested = model.evaluate(X, Y, batch_size=16, verbose=0, return_dict=True)
    assert list(tested) == ["first", "vector"]
    assert tested["first"] == float(X[48, 0])
    np.testing.assert_array_equal(tested["vector"], X[48])
    assert model.test_on_batch(X[:5], Y[:5], return_dict=True)["first"] == float(X[0, 0])


def test_batch_callbacks_see_what_the_step_returns() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            super().train_step(data)
            return {"first": data[0][0, 0]}

    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(logs["first"])
    )
    network(Model).fit(X, Y, batch_size=16, shuffle=False, verbose=0, callbacks=[callback])
    assert seen == [float(X[i, 0]) for i in (0, 16, 32, 48)]


def test_predict_step_may_return_something_else() -> None:
    class Model(keras.Sequential):
        def predict_step(self, data):
            samples = ops.stack([self(data, training=True) for _ in range(20)])
            return {"mean": ops.mean(samples, axis=0), "std": ops.std(samples, axis=0)}

    for eagerly in (False, True):
        model = network(Model, run_eagerly=eagerly)
        found = model.predict(X, batch_size=16, verbose=0)
        assert found["mean"].shape == found["std"].shape == (50, 1)
        assert (found["std"] > 0).all()  # each of the calls drops other units
        assert model.predictor(X[:3])(X[:3])["mean"].shape == (3, 1)


def test_an_autoencoder_takes_x_alone() -> None:
    class Autoencoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = keras.layers.Dense(2)
            self.decoder = keras.layers.Dense(4)
            self.tracker = keras.metrics.Mean(name="reconstruction")

        def call(self, x):
            return self.decoder(self.encoder(x))

        def train_step(self, data):
            assert not isinstance(data, tuple)
            with keras.GradientTape() as tape:
                code = self.encoder(data)
                loss = ops.mean(ops.square(data - self.decoder(code)))
            variables = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            self.tracker.update_state(loss)
            return {"reconstruction": self.tracker.result()}

    model = Autoencoder()
    model.compile("adam")
    values = model.fit(X, epochs=60, verbose=0).history["reconstruction"]
    assert values[-1] < 0.8 * values[0]


class Gan(keras.Model):
    """The guide's example of two optimizers and two calls of one network in a step."""

    def __init__(self):
        super().__init__()
        make = keras.Sequential
        dense = keras.layers.Dense
        self.generator = make([keras.Input((2,)), dense(8, activation="relu"), dense(4)])
        self.discriminator = make([keras.Input((4,)), dense(8, activation="relu"), dense(1)])
        self.seed_generator = keras.random.SeedGenerator(1337)
        self.d_tracker = keras.metrics.Mean(name="d_loss")
        self.g_tracker = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_tracker, self.g_tracker]

    def compile(self, d_optimizer, g_optimizer, loss_fn, **kwargs):
        super().compile(**kwargs)
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    def train_step(self, real):
        rows = ops.shape(real)[0]
        fake = self.generator(keras.random.normal((rows, 2), seed=self.seed_generator))
        both = ops.concatenate([fake, real], axis=0)
        labels = ops.concatenate([ops.ones((rows, 1)), ops.zeros((rows, 1))], axis=0)
        with keras.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))
        gradients = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply(gradients, self.discriminator.trainable_weights)
        noise = keras.random.normal((rows, 2), seed=self.seed_generator)
        with keras.GradientTape() as tape:
            predictions = self.discriminator(self.generator(noise))
            g_loss = self.loss_fn(ops.zeros((rows, 1)), predictions)
        gradients = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply(gradients, self.generator.trainable_weights)
        self.d_tracker.update_state(d_loss)
        self.g_tracker.update_state(g_loss)
        return {"d_loss": self.d_tracker.result(), "g_loss": self.g_tracker.result()}


def test_a_gan_trains_two_networks_by_turns_traced_as_eagerly() -> None:
    histories = []
    for eagerly in (False, True):
        keras.utils.set_random_seed(1)
        gan = Gan()
        gan.compile(
            keras.optimizers.Adam(0.003),
            keras.optimizers.Adam(0.003),
            keras.losses.BinaryCrossentropy(from_logits=True),
            run_eagerly=eagerly,
        )
        before = [v.numpy() for v in gan.trainable_variables]
        histories.append(gan.fit(X, epochs=3, batch_size=16, verbose=0).history)
        for v, old in zip(gan.trainable_variables, before, strict=True):
            assert not np.array_equal(v.numpy(), old)
    assert list(histories[0]) == ["d_loss", "g_loss"]
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=1e-4)


# -- overridden parts ---------------------------------------------------------------------------


def test_compute_loss_may_leave_out_training_and_add_a_tracker() -> None:
    class Model(keras.Sequential):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.tracker = keras.metrics.Mean(name="penalty")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            loss = ops.mean(ops.square(y_pred - y)) + 0.0
            penalty = 0.01 * ops.sum(ops.square(self.trainable_variables[0]))
            self.tracker.update_state(penalty)
            return loss + penalty

    model = network(Model)
    history = model.fit(X, Y[:, 0], verbose=0).history  # (n,) against (n, 1): no (n, n)
    assert list(history) == ["loss", "mae", "penalty"]
    assert history["penalty"][0] > 0


def test_compute_metrics_may_be_overridden() -> None:
    class Model(keras.Sequential):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.own = [keras.metrics.MeanAbsoluteError(name="own")]

        def compute_metrics(self, x, y, y_pred, sample_weight):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            self.own[0].update_state(y, y_pred, sample_weight)
            results["own"] = self.own[0].result()
            return results

    history = network(Model).fit(X, Y, verbose=0, epochs=2).history
    assert history["own"] == history["mae"]


def test_a_metric_whose_result_needs_numpy_trains_natively(recwarn: Any) -> None:
    class Root(keras.metrics.Mean):
        def result(self):
            return np.sqrt(float(self.total) / float(self.count))

    class Squares(Root):
        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(ops.square(y_true - y_pred), sample_weight)

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Squares(name="rms")])
    history = model.fit(X, Y, verbose=0).history
    assert history["rms"][0] == pytest.approx(np.sqrt(history["loss"][0]), rel=1e-5)


def test_spellings_of_keras_2() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            self.compiled_metrics.update_state(y, y_pred)
            self.add_metric(ops.max(x), name="largest")
            return {m.name: m.result() for m in self.metrics}

    with pytest.warns(DeprecationWarning, match="compute_loss|compute_metrics|metrics.Mean"):
        history, weights = trained(Model)
    expected, expected_weights = trained(BuiltIn)
    assert history.pop("largest")[0] > 0
    assert history.pop("val_largest")[0] == 0  # `test_step` adds none
    assert history == expected
    np.testing.assert_array_equal(weights[0], expected_weights[0])


def test_random_numbers_without_a_seed_differ_from_batch_to_batch() -> None:
    class Noise(keras.layers.Layer):
        def call(self, x):
            return x + keras.random.normal(ops.shape(x))

    model = keras.Sequential([keras.Input((4,)), Noise()])
    x = np.zeros((6, 4), "float32")
    found = model.predict(x, batch_size=2, verbose=0)
    assert len(np.unique(found)) == found.size
    keras.utils.set_random_seed(9)
    first = model.predict(x, batch_size=2, verbose=0)
    assert not np.array_equal(first, found)
    keras.utils.set_random_seed(9)
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=0), first)


# -- errors -------------------------------------------------------------------------------------


def test_a_step_must_return_logs() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            return 3.0

    with pytest.raises(TypeError, match="`train_step` must return a dict.*3.0"):
        network(Model).fit(X, Y, verbose=0)


def test_a_step_that_trains_nothing_says_so() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            x, _ = data
            y_pred = self(x)
            with keras.GradientTape() as tape:
                loss = ops.mean(y_pred)
            self.optimizer.apply(
                tape.gradient(loss, self.trainable_variables), self.trainable_variables
            )

    for eagerly in (False, True):
        with pytest.raises(ValueError, match="No variable has a gradient"):
            network(Model, run_eagerly=eagerly).fit(X, Y, verbose=0)


def test_labels_out_of_range_are_found_in_steps_of_any_kind() -> None:
    class Model(keras.Sequential):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            return {"loss": loss}

    labels = np.array([0, 1, 2, 3] * 5)
    for style in (Model, keras.Sequential):
        for eagerly in (False, True):
            model = style([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
            model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eagerly)
            with pytest.raises(ValueError, match="from 0 to 2.*3 in row 3"):
                model.fit(X[:20], labels, verbose=0, shuffle=False)
