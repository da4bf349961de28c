# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pronghorn as keras

L = keras.layers
rng = np.random.default_rng(7)
X = rng.normal(size=(50, 4)).astype(np.float32)
Y = (X @ [1.0, -2.0, 0.5, 0.0] + 0.1).astype(np.float32)
CLASSES = rng.integers(0, 3, 50)


def regression(optimizer=None, **compile_arguments):
    model = keras.Sequential([L.Input((4,)), L.Dense(5, activation="tanh"), L.Dense(1)])
    arguments = {"loss": "mse"} | compile_arguments
    model.compile(optimizer or keras.optimizers.SGD(0.05), **arguments)
    return model


def classifier(**compile_arguments):
    model = keras.Sequential([L.Input((4,)), L.Dense(3, activation="softmax")])
    arguments = {"loss": "sparse_categorical_crossentropy"} | compile_arguments
    model.compile(keras.optimizers.SGD(0.1), **arguments)
    return model


def two_outputs(**compile_arguments):
    wide, deep = L.Input((4,), name="wide"), L.Input((4,), name="deep")
    hidden = L.Dense(3, activation="relu")(deep)
    main = L.Dense(1, name="main")(L.Concatenate()([wide, hidden]))
    model = keras.Model([wide, deep], [main, L.Dense(1, name="aux")(hidden)])
    model.compile("sgd", **({"loss": "mse"} | compile_arguments))
    return model


def clone_weights(source, target):
    target.set_weights(source.get_weights())
    return target


def numpy_epoch(weights, x, y, batch_size, rate):
    """Plain stochastic gradient descent on tanh - linear - mean squared error, in float64."""
    w1, b1, w2, b2 = weights
    losses = []
    for start in range(0, len(x), batch_size):
        xb, yb = x[start : start + batch_size], y[start : start + batch_size, None]
        h = np.tanh(xb @ w1 + b1)
        error = h @ w2 + b2 - yb
        losses.append((float(np.mean(error**2)), len(xb)))
        dp = 2 * error / error.size
        dz = (dp @ w2.T) * (1 - h**2)
        w1, b1 = w1 - rate * xb.T @ dz, b1 - rate * dz.sum(0)
        w2, b2 = w2 - rate * h.T @ dp, b2 - rate * dp.sum(0)
    total = sum(loss * rows for loss, rows in losses) / len(x)
    return [w1, b1, w2, b2], total


@pytest.mark.parametrize("batch_size", [7, 10, 32, 50, 64])
def test_fit_is_gradient_descent_on_each_batch(batch_size):
    model = regression()
    weights = [w.astype(np.float64) for w in model.get_weights()]
    expected = []
    for _ in range(4):
        weights, loss = numpy_epoch(
            weights, X.astype(np.float64), Y.astype(np.float64), batch_size, 0.05
        )
        expected.append(loss)
    history = model.fit(X, Y, batch_size=batch_size, epochs=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(history.history["loss"], expected, atol=1e-5)
    for got, wanted in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a.astype(np.float64),
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: a.tolist(),
    ],
    ids=["float64", "fortran", "strided", "list"],
)
def test_the_form_of_the_data_does_not_matter(convert):
    model = regression()
    other = clone_weights(model, regression())
    model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    other.fit(convert(X), convert(Y), epochs=2, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_dimensional_targets_are_a_column():
    model = regression(metrics=["mae"])
    other = clone_weights(model, regression(metrics=["mae"]))
    first = model.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    second = other.fit(X, Y[:, None], epochs=2, shuffle=False, verbose=0).history
    assert first == second


def test_history_keys_are_alphabetical():
    model = classifier(metrics=["accuracy"])
    history = model.fit(X, CLASSES, epochs=2, validation_split=0.2, verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(isinstance(v, float) for values in history.history.values() for v in values)
    assert history.epoch == [0, 1]
    assert history.params["epochs"] == 2
    assert history.params["steps"] == 2
    assert model.history is history


def test_class_weight_is_sample_weight_by_label():
    weights = {0: 0.5, 1: 2.0}  # class 2 weighs 1
    model = classifier(weighted_metrics=["accuracy"])
    other = clone_weights(model, classifier(weighted_metrics=["accuracy"]))
    third = clone_weights(model, classifier(loss="categorical_crossentropy"))
    per_row = np.array([0.5, 2.0, 1.0])[CLASSES]
    first = model.fit(X, CLASSES, class_weight=weights, shuffle=False, verbose=0).history
    second = other.fit(X, CLASSES, sample_weight=per_row, shuffle=False, verbose=0).history
    assert first == second
    third.fit(X, np.eye(3)[CLASSES], class_weight=weights, shuffle=False, verbose=0)
    for a, b, c in zip(*(m.get_weights() for m in (model, other, third)), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, c, atol=1e-6)


def test_validation_split_takes_the_last_rows():
    model = regression(keras.optimizers.SGD(0.0))
    history = model.fit(X, Y, validation_split=0.25, verbose=0).history  # floor(37.5) = 37
    expected = model.evaluate(X[37:], Y[37:], verbose=0)
    assert history["val_loss"][0] == pytest.approx(expected, rel=1e-6)
    assert history["loss"][0] == pytest.approx(model.evaluate(X[:37], Y[:37], verbose=0), rel=1e-6)


def test_validation_data_goes_before_validation_split():
    model = regression(keras.optimizers.SGD(0.0))
    history = model.fit(X, Y, validation_split=0.5, validation_data=(X, Y), verbose=0).history
    assert history["val_loss"] == pytest.approx(history["loss"], rel=1e-6)


def test_validation_data_may_have_weights():
    model = regression(keras.optimizers.SGD(0.0))
    weights = rng.random(50)
    history = model.fit(X, Y, validation_data=(X, Y, weights), verbose=0).history
    expected = model.evaluate(X, Y, sample_weight=weights, verbose=0)
    assert history["val_loss"][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("frequency", "epochs"), [(1, [0, 1, 2, 3, 4]), (2, [1, 3]), ([1, 4], [0, 3])]
)
def test_validation_frequency(frequency, epochs):
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch) if "val_loss" in logs else None
    )
    regression().fit(
        X,
        Y,
        epochs=5,
        validation_split=0.2,
        validation_freq=frequency,
        callbacks=[callback],
        verbose=0,
    )
    assert seen == epochs


def test_shuffled_runs_repeat_with_the_seed_and_differ_without():
    def run(seed):
        keras.utils.set_random_seed(seed)
        model = regression()
        model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
        return model.get_weights()

    first, again, other = run(1), run(1), run(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("shuffle", [True, "batch"])
def test_a_shuffled_epoch_visits_every_row_once(shuffle):
    model = regression(keras.optimizers.SGD(0.0))
    history = model.fit(X, Y, batch_size=8, epochs=2, shuffle=shuffle, verbose=0).history
    expected = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(history["loss"], [expected] * 2, rtol=1e-5)


def test_steps_per_epoch_goes_on_where_the_last_epoch_ended():
    model = regression()
    other = clone_weights(model, regression())
    x, y = X[:32], Y[:32]
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model.fit(x, y, epochs=4, steps_per_epoch=2, **fit)  # 4 x 2 steps are two passes over 4 batches
    other.fit(x, y, epochs=2, **fit)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_running_out_of_steps_warns():
    model = regression()
    with pytest.warns(UserWarning, match="ran out"):
        model.fit(X, Y, batch_size=25, steps_per_epoch=3, verbose=0)


def test_initial_epoch_counts_from_there():
    history = regression().fit(X, Y, initial_epoch=3, epochs=5, verbose=0)
    assert history.epoch == [3, 4]


def test_a_second_fit_goes_on_training():
    model = regression()
    other = clone_weights(model, regression())
    model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    other.fit(X, Y, epochs=4, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_inputs_and_targets_as_lists_tuples_and_dicts():
    forms = [
        ([X, X], [Y, Y]),
        ((X, X), (Y, Y)),
        ({"wide": X, "deep": X}, {"main": Y, "aux": Y}),
        ({"deep": X, "wide": X}, {"aux": Y, "main": Y}),
    ]
    model = two_outputs()
    start = model.get_weights()
    histories = []
    for x, y in forms:
        model.set_weights(start)
        histories.append(model.fit(x, y, shuffle=False, verbose=0, validation_data=(x, y)).history)
    assert all(history == histories[0] for history in histories)
    names = ["aux_loss", "loss", "main_loss", "val_aux_loss", "val_loss", "val_main_loss"]
    assert list(histories[0]) == names


def test_dicts_are_matched_by_name_and_lists_by_position():
    model = two_outputs()
    x1, x2 = X, X[::-1].copy()
    main, aux = model.predict([x1, x2], verbose=0)
    by_name = model.predict({"deep": x2, "wide": x1}, verbose=0)
    np.testing.assert_array_equal(main, by_name[0])
    np.testing.assert_array_equal(aux, by_name[1])


@pytest.mark.parametrize("weights", [[0.9, 0.1], (0.9, 0.1), {"main": 0.9, "aux": 0.1}])
@pytest.mark.parametrize("loss", ["mse", ["mse", "mse"], {"main": "mse", "aux": "mse"}])
def test_total_loss_is_the_weighted_sum(loss, weights):
    model = two_outputs(loss=loss, loss_weights=weights)
    total, main, aux = model.evaluate([X, X], [Y, Y], verbose=0)
    assert total == pytest.approx(0.9 * main + 0.1 * aux, rel=1e-5)
    assert model.metrics_names == ["loss", "main_loss", "aux_loss"]


def test_an_output_without_loss_needs_no_target():
    model = two_outputs(loss={"main": "mse"})
    assert isinstance(model.evaluate([X, X], Y, verbose=0), float)
    assert isinstance(model.evaluate([X, X], {"main": Y}, verbose=0), float)


def test_evaluate_orders_its_list_as_keras_does():
    model = two_outputs(metrics={"main": ["mae"], "aux": ["mse", "mae"]})
    logs = model.evaluate([X, X], [Y, Y], verbose=0, return_dict=True)
    assert list(logs) == ["aux_loss", "aux_mae", "aux_mse", "loss", "main_loss", "main_mae"]
    values = model.evaluate([X, X], [Y, Y], verbose=0)
    order = ["loss", "main_loss", "aux_loss", "aux_mae", "aux_mse", "main_mae"]
    assert values == [logs[name] for name in order]
    assert model.metrics_names == order


def test_loss_alone_is_a_float():
    assert isinstance(regression().evaluate(X, Y, verbose=0), float)


@pytest.mark.parametrize(
    ("name", "y", "loss", "units"),
    [
        ("binary", CLASSES % 2, "binary_crossentropy", 1),
        ("sparse", CLASSES, "sparse_categorical_crossentropy", 3),
        ("sparse column", CLASSES[:, None], "sparse_categorical_crossentropy", 3),
        ("categorical", np.eye(3)[CLASSES], "categorical_crossentropy", 3),
    ],
)
@pytest.mark.parametrize("spelling", ["accuracy", "acc"])
def test_accuracy_is_chosen_by_shape(name, y, loss, units, spelling):
    model = keras.Sequential(
        [L.Input((4,)), L.Dense(units, activation="sigmoid" if units == 1 else "softmax")]
    )
    model.compile("sgd", loss, metrics=[spelling])
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    p = model.predict(X, verbose=0)
    hits = (p[:, 0] > 0.5) == (y == 1) if units == 1 else p.argmax(1) == CLASSES
    assert logs[spelling] == pytest.approx(hits.mean(), abs=1e-6)
    ce = keras.Sequential(model.layers)
    ce.compile("sgd", "crossentropy")
    assert ce.evaluate(X, y, verbose=0) == pytest.approx(logs["loss"], rel=1e-6)


def test_functions_as_losses_and_metrics():
    def half_mse(y_true, y_pred):
        return 0.5 * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    model = regression(loss=half_mse, metrics=[half_mse, "mse"])
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert logs["half_mse"] == pytest.approx(logs["loss"], rel=1e-6)
    assert logs["mse"] == pytest.approx(2 * logs["loss"], rel=1e-6)


def test_the_same_metric_twice_gets_a_number():
    model = regression(metrics=["mae", "mae"], weighted_metrics=["mae"])
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "mae", "mae_1", "weighted_mae"]


def test_subclassed_model_without_declared_inputs():
    class TwoHeads(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = L.Dense(4, activation="relu")
            self.main_output = L.Dense(1)
            self.aux_output = L.Dense(1)

        def call(self, inputs):
            a, b = inputs
            hidden = self.hidden(b)
            return self.main_output(L.Concatenate()([a, hidden])), self.aux_output(hidden)

    model = TwoHeads()
    model.compile("sgd", loss=["mse", "mse"], loss_weights=[0.9, 0.1])
    history = model.fit((X, X), (Y, Y), epochs=2, verbose=0, validation_data=((X, X), (Y, Y)))
    assert list(history.history)[:3] == ["loss", "mse_loss", "mse_loss_1"]
    main, aux = model.predict((X, X), verbose=0)
    assert main.shape == aux.shape == (50, 1)


def test_predict_keeps_the_structure_of_the_outputs():
    inputs = L.Input((4,))
    outputs = {"b": L.Dense(2, name="b")(inputs), "a": L.Dense(3, name="a")(inputs)}
    model = keras.Model(inputs, outputs)
    out = model.predict(X, verbose=0)
    assert {name: array.shape for name, array in out.items()} == {"a": (50, 3), "b": (50, 2)}
    on_batch = model.predict_on_batch(X)
    for name in out:
        np.testing.assert_array_equal(out[name], on_batch[name])


@pytest.mark.parametrize("batch_size", [1, 7, 50, 99])
def test_predict_does_not_depend_on_the_batch_size(batch_size):
    model = regression()
    expected = model.predict(X, verbose=0)
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(model.predict(X, batch_size=batch_size, verbose=0), expected)
    assert model.predict(X, batch_size=batch_size, steps=1, verbose=0).shape == (
        min(batch_size, 50),
        1,
    )


def test_on_batch_methods_judge_each_batch_alone():
    model = regression(keras.optimizers.SGD(0.0), metrics=["mae"])
    first, second = (X[:20], Y[:20]), (X[20:], Y[20:])
    expected = [model.evaluate(*batch, verbose=0) for batch in (first, second)]
    for method in (model.test_on_batch, model.train_on_batch):
        assert method(*first) == pytest.approx(expected[0], rel=1e-6)
        assert method(*second) == pytest.approx(expected[1], rel=1e-6)
        assert method(*second, return_dict=True)["mae"] == pytest.approx(expected[1][1], rel=1e-6)


def test_trainable_is_settled_by_compile():
    model = regression()
    first, last = model.layers[-2:]
    first.trainable = False
    before = [w.copy() for w in first.get_weights()]
    with pytest.warns(UserWarning, match="changed since `compile`.*call `compile` again"):
        model.fit(X, Y, verbose=0)
    assert not np.array_equal(first.get_weights()[0], before[0])
    model.compile("sgd", "mse")
    before, moving = first.get_weights(), last.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(first.get_weights()[0], before[0])
    assert not np.array_equal(last.get_weights()[0], moving[0])


def test_compiling_again_starts_a_new_optimizer_and_new_metrics():
    model = regression(metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.compile("adam", "mae", metrics=["mse"])
    assert list(model.fit(X, Y, verbose=0).history) == ["loss", "mse"]


def test_penalties_are_part_of_the_loss():
    model = keras.Sequential([L.Input((4,)), L.Dense(1, kernel_regularizer="l2")])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mse"])
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    penalty = 0.01 * float(np.sum(model.get_weights()[0] ** 2))
    assert logs["loss"] == pytest.approx(logs["mse"] + penalty, rel=1e-5)


def test_uint8_images_with_large_values():
    x = rng.integers(0, 256, (20, 2, 2)).astype(np.uint8)
    model = keras.Sequential([L.Input((2, 2)), L.Flatten(), L.Dense(2)])
    np.testing.assert_allclose(
        model.predict(x, verbose=0), model.predict(x.astype(np.float64), verbose=0)
    )


def test_nan_in_the_inputs_reaches_the_loss():
    x = X.copy()
    x[3, 1] = np.nan
    with pytest.warns(RuntimeWarning, match="`x` holds NaN in row 3"):
        history = regression().fit(x, Y, verbose=0).history
    assert np.isnan(history["loss"][0])


@pytest.mark.parametrize(
    "form",
    [
        lambda a, b: [a, b],
        lambda a, b: (a, b),
        lambda a, b: {"aux": b, "main": a},
    ],
    ids=["list", "tuple", "dict"],
)
def test_sample_weights_per_output(form):
    a, b = rng.random(50), rng.random(50)
    model = two_outputs()
    total, main, aux = model.evaluate([X, X], [Y, Y], sample_weight=form(a, b), verbose=0)
    p = [array[:, 0] for array in model.predict([X, X], verbose=0)]
    assert main == pytest.approx(np.mean(a * (p[0] - Y) ** 2), rel=1e-5)
    assert aux == pytest.approx(np.mean(b * (p[1] - Y) ** 2), rel=1e-5)
    assert total == pytest.approx(main + aux, rel=1e-5)
    single = model.evaluate([X, X], [Y, Y], sample_weight=a, verbose=0)
    assert single == model.evaluate([X, X], [Y, Y], sample_weight=[a, a], verbose=0)
    only = model.evaluate([X, X], [Y, Y], sample_weight={"main": a}, verbose=0)
    assert only[1] == pytest.approx(main, rel=1e-6)
    assert only[2] == pytest.approx(np.mean((p[1] - Y) ** 2), rel=1e-5)


def test_weights_are_created_at_the_first_fit():
    model = keras.Sequential([L.Dense(3, activation="relu"), L.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, batch_size=7, validation_split=0.3, verbose=0)
    assert model.input_shape == (None, 4)
    assert history.history["loss"][1] < history.history["loss"][0]
    with pytest.raises(ValueError, match=r"\(n, 4\).*\(50, 3\)"):
        model.predict(X[:, :3], verbose=0)


def test_a_layer_added_after_training_takes_part():
    model = regression()
    model.fit(X, Y, verbose=0)
    before = model.predict(X, verbose=0)
    model.add(L.Dense(1, kernel_initializer="ones", name="last"))
    np.testing.assert_allclose(model.predict(X, verbose=0), before, rtol=1e-6)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert model.layers[-1].get_weights()[0] != 1.0


def test_one_model_predicts_from_many_threads():
    model = regression()
    expected = model.predict(X, verbose=0)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: model.predict(X, batch_size=7, verbose=0), range(20)):
            np.testing.assert_array_equal(got, expected)


def test_a_loss_of_the_models_own():
    class Autoencoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.code, self.decode = L.Dense(2), L.Dense(4)
            self.distance = keras.metrics.Mean(name="distance")

        def call(self, x):
            reconstruction = self.decode(self.code(x))
            error = keras.ops.mean(keras.ops.square(reconstruction - x))
            self.add_loss(error)
            self.distance.update_state(keras.ops.sqrt(error))
            return reconstruction

    model = Autoencoder()
    model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(X, epochs=5, batch_size=50, verbose=0).history
    assert list(history) == ["distance", "loss"]
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(np.square(history["distance"]), history["loss"], rtol=1e-5)


def test_compute_loss_may_be_overridden():
    class Model(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(keras.ops.absolute(y - y_pred))

    model = Model([L.Input((4,)), L.Dense(1)])
    model.compile("sgd", metrics=["mae"])
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["mae"], rel=1e-6)


def test_metric_objects_keep_their_names():
    metrics = [keras.metrics.RootMeanSquaredError(name="rmse"), "RootMeanSquaredError"]
    logs = regression(metrics=metrics).evaluate(X, Y, verbose=0, return_dict=True)
    assert list(logs) == ["RootMeanSquaredError", "loss", "rmse"]
    assert logs["rmse"] == pytest.approx(np.sqrt(logs["loss"]), rel=1e-5)


def test_metrics_of_batches_are_weighted_by_rows():
    model = regression(keras.optimizers.SGD(0.0), metrics=["mae"])
    whole = model.evaluate(X, Y, batch_size=50, verbose=0)
    np.testing.assert_allclose(model.evaluate(X, Y, batch_size=7, verbose=0), whole, rtol=1e-5)


def test_labels_of_any_integer_type():
    model = classifier()
    expected = model.evaluate(X, CLASSES, verbose=0)
    for dtype in (np.int8, np.uint8, np.int16, np.uint16, np.int64, np.uint64, np.float32, float):
        assert model.evaluate(X, CLASSES.astype(dtype), verbose=0) == expected


def batches(count):
    for _ in range(count):
        yield X[:8], Y[:8]


def test_an_epoch_that_finds_the_generator_exhausted_ends_training_and_is_not_recorded():
    model = regression()
    generator = batches(3)
    with pytest.warns(UserWarning, match="ran out"):
        history = model.fit(generator, epochs=4, verbose=0)
    assert history.epoch == [0]
    assert len(history.history["loss"]) == 1


def test_a_validation_that_finds_the_generator_exhausted_reports_nothing():
    with pytest.warns(UserWarning, match="ran out"):
        history = regression().fit(X, Y, epochs=2, validation_data=batches(2), verbose=0)
    assert len(history.history["loss"]) == 2
    assert len(history.history["val_loss"]) == 1


def test_evaluating_no_batches_is_an_error():
    with (
        pytest.warns(UserWarning, match="ran out"),
        pytest.raises(ValueError, match="yielded no batches"),
    ):
        regression().evaluate(batches(0), verbose=0)


@pytest.mark.parametrize("by_generator", [False, True])
def test_predict_hands_each_batch_its_outputs(by_generator):
    model, seen = regression(), []
    collect = keras.callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: seen.append(logs["outputs"].copy())
    )
    data = (X[i : i + 20] for i in range(0, len(X), 20)) if by_generator else X
    expected = model.predict(data, batch_size=20, verbose=0, callbacks=[collect])
    assert [len(part) for part in seen] == [20, 20, 10]
    np.testing.assert_array_equal(np.concatenate(seen), expected)


def test_a_layer_may_stand_twice_in_a_sequence():
    dense = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input((4,)), dense, dense])
    assert model.count_params() == 20
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(model(x), dense(dense(x)), rtol=1e-6)
    assert keras.models.clone_model(model).count_params() == 20
    assert keras.Sequential.from_config(model.get_config()).count_params() == 20
