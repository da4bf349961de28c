# SPDX-License-Identifier: Apache-2.0
"""Functional and subclassed models: structure, order, reuse, errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers

RNG = np.random.default_rng(0)


def _wide_and_deep():
    wide, deep = keras.Input((5,), name="wide"), keras.Input((6,), name="deep")
    hidden = layers.Dense(30, activation="relu", name="hidden1")(deep)
    hidden = layers.Dense(30, activation="relu", name="hidden2")(hidden)
    joined = layers.concatenate([wide, hidden])
    main = layers.Dense(1, name="main")(joined)
    auxiliary = layers.Dense(1, name="aux")(hidden)
    return keras.Model([wide, deep], [main, auxiliary], name="wide_and_deep")


def test_functional_model_of_two_inputs_and_outputs() -> None:
    model = _wide_and_deep()
    assert model.input_names == ["wide", "deep"]
    assert model.output_names == ["main", "aux"]
    x = [RNG.normal(size=(7, 5)).astype("float32"), RNG.normal(size=(7, 6)).astype("float32")]
    main, auxiliary = model.predict(x, verbose=0)
    w = {layer.name: layer.get_weights() for layer in model.layers}
    hidden = x[1]
    for name in ("hidden1", "hidden2"):
        hidden = np.maximum(hidden @ w[name][0] + w[name][1], 0)
    np.testing.assert_allclose(auxiliary, hidden @ w["aux"][0] + w["aux"][1], rtol=1e-4, atol=1e-5)
    expected = np.concatenate([x[0], hidden], 1) @ w["main"][0] + w["main"][1]
    np.testing.assert_allclose(main, expected, rtol=1e-4, atol=1e-5)
    by_name = model.predict({"deep": x[1], "wide": x[0]}, verbose=0)
    np.testing.assert_array_equal(by_name[0], main)


def test_layers_are_listed_by_distance_from_the_outputs() -> None:
    # The order of Keras 3.15 for this model (fixture 02_func_wide_deep of the recorded models).
    *names, joined, main, auxiliary = (layer.name for layer in _wide_and_deep().layers)
    assert names == ["deep", "hidden1", "wide", "hidden2"]
    assert joined.startswith("concatenate")
    assert (main, auxiliary) == ("main", "aux")


def _nested_and_shared():
    """The graph of the recorded model 06_func_nested_shared, without batch normalization."""
    keras.backend.clear_session()
    shared = layers.Dense(4, activation="relu", name="shared")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x, y = shared(a), shared(b)
    z = shared(x)
    sub = keras.Sequential([keras.Input((4,)), layers.Dense(5), layers.Dense(3)], name="sub")
    i = keras.Input((5,), name="subin")
    d = layers.Dense(4, activation="elu", name="inner")(i)
    heads = [layers.Dense(3, name="left")(d), layers.Dense(2, name="right")(d)]
    two_heads = keras.Model(i, heads, name="fsub")
    s1, s2 = sub(x), sub(z)
    p, q = two_heads(layers.Dense(5, name="mid")(y))
    p2, q2 = two_heads(layers.Dense(5, name="mid2")(z))
    o = layers.Add(name="sum")([s1, p, s2, p2])
    o = keras.ops.relu(o) * 2.0 + 1.0
    return keras.Model({"a": a, "b": b}, {"o": o, "q": q, "q2": q2}, name="nested_shared")


def test_order_of_nested_and_shared_layers_and_ops_is_that_of_keras() -> None:
    names = [
        "a",
        "shared",
        "b",
        "mid",
        "mid2",
        "sub",
        "fsub",
        "sum",
        "relu",
        "multiply",
        "add",
    ]  # in config.json of 06
    assert [layer.name for layer in _nested_and_shared().layers] == names


def test_a_call_counts_as_far_away_as_the_farthest_call_of_its_layer() -> None:
    # Keras lifts all calls of a shared layer to the depth of the farthest one it has met, and with
    # them what comes before: `before_near` comes ahead of `middle`, though nearer to the output.
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(3, name="shared")
    far = layers.Dense(3, name="last")(layers.Dense(3, name="middle")(shared(a)))
    near = shared(layers.Dense(3, name="before_near")(b))
    out = layers.Add(name="out")([near, far])
    names = [layer.name for layer in keras.Model([a, b], out).layers]
    assert names == ["b", "before_near", "a", "shared", "middle", "last", "out"]


def test_an_unused_input_is_listed_first_among_the_nearest() -> None:
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], layers.Dense(1, name="d")(a))
    assert [layer.name for layer in model.layers] == ["a", "b", "d"]


def test_a_model_may_begin_and_end_inside_another() -> None:
    whole = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2, name="second")]
    )
    x = RNG.normal(size=(5, 4)).astype("float32")
    head = keras.Model(whole.input, whole.get_layer("first").output)
    tail = keras.Model(whole.get_layer("first").output, whole.output)
    assert [type(layer).__name__ for layer in tail.layers] == ["InputLayer", "Dense"]
    assert tail.count_params() == 8
    between = head.predict(x, verbose=0)
    np.testing.assert_array_equal(tail.predict(between, verbose=0), whole.predict(x, verbose=0))


@pytest.mark.parametrize("make", [_wide_and_deep, _nested_and_shared])
def test_config_and_clone_make_the_same_graph_with_other_weights(make) -> None:
    model = make()
    sizes = dict(zip(model.input_names, (t.shape[1] for t in model.inputs), strict=True))
    x = {name: RNG.normal(size=(3, size)) for name, size in sizes.items()}
    expected = model.predict(x, verbose=0)
    for twin in (keras.Model.from_config(model.get_config()), keras.models.clone_model(model)):
        assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
        assert twin.get_config() == model.get_config()
        assert not set(map(id, twin.weights)) & set(map(id, model.weights))
        twin.set_weights(model.get_weights())
        got = twin.predict(x, verbose=0)
        for key in expected if isinstance(expected, dict) else range(len(expected)):
            np.testing.assert_array_equal(got[key], expected[key])


def test_a_config_is_plain_data_also_with_indexing_in_the_graph() -> None:
    x = keras.Input((6,), name="x")
    y = keras.ops.concatenate([x[:, :4] * 2.0, x[:, 5:]], axis=-1)
    model = keras.Model(x, y)
    config = json.loads(json.dumps(model.get_config()))
    data = RNG.normal(size=(2, 6)).astype("float32")
    twin = keras.Model.from_config(config)
    np.testing.assert_array_equal(twin.predict(data, verbose=0), model.predict(data, verbose=0))


def test_a_deferred_build_that_fails_can_be_tried_again() -> None:
    model = keras.Sequential([layers.Dense(3), layers.Flatten(), layers.Reshape((6,))])
    with pytest.raises(ValueError, match="cannot take the shape"):
        model(np.ones((2, 4)))
    assert (model.built, model.weights) == (False, [])
    assert model(np.ones((2, 2, 5))).shape == (2, 6)


def test_a_call_of_a_subclass_that_fails_can_be_tried_again() -> None:
    class Halves(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.reshape = layers.Dense(3), layers.Reshape((6,))

        def call(self, x):
            return self.reshape(self.dense(x))

    model = Halves()
    with pytest.raises(ValueError, match="cannot take the shape"):
        model(np.ones((2, 4)))
    assert (model.built, model.weights) == (False, [])
    assert model(np.ones((2, 2, 5))).shape == (2, 6)


def test_shared_layers_and_nested_models() -> None:
    shared = layers.Dense(3, name="shared")
    a, b = keras.Input((3,)), keras.Input((3,))
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, {"p": layers.Dense(2)(inner_in), "q": layers.Dense(3)(inner_in)})
    pq = inner(shared(a))
    nested = keras.Sequential([keras.Input((3,)), layers.Dense(4)])
    model = keras.Model({"a": a, "b": b}, (pq["p"], nested(pq["q"] + shared(b))))
    x = {"a": np.ones((2, 3), "float32"), "b": np.zeros((2, 3), "float32")}
    p, q = model.predict(x, verbose=0)
    assert p.shape == (2, 2)
    assert q.shape == (2, 4)
    assert sum(w is shared.kernel for w in model.weights) == 1
    eager = model(x)
    np.testing.assert_allclose(eager[1].numpy(), q, rtol=1e-5)


class TwoHeads(keras.Model):
    def __init__(self, units: int = 4, **kwargs) -> None:
        super().__init__(**kwargs)
        self.hidden = [layers.Dense(units, activation="relu") for _ in range(2)]
        self.main_output = layers.Dense(1)
        self.dropout = layers.Dropout(0.5)

    def call(self, inputs, training=None):
        a, b = inputs
        h = layers.concatenate([self.hidden[0](a), self.hidden[1](b)])
        return self.main_output(self.dropout(h, training=training)), h


def test_subclassed_model() -> None:
    model = TwoHeads(name="heads")
    x = (np.ones((6, 2), "float32"), np.ones((6, 3), "float32"))
    main, hidden = model.predict(x, verbose=0)
    assert main.shape == (6, 1)
    assert hidden.shape == (6, 8)
    assert [layer.name for layer in model.layers][:2] == [h.name for h in model.hidden]
    assert len(model.weights) == 6
    assert (model(x, training=True)[0].numpy() != model(x)[0].numpy()).any()


def test_subclass_that_gives_its_graph_to_the_constructor() -> None:
    class Graph(keras.Model):
        def __init__(self) -> None:
            x = keras.Input((3,))
            super().__init__(inputs=x, outputs=layers.Dense(2)(x))

    assert Graph().output_shape == (None, 2)


def test_layers_may_live_in_two_models() -> None:
    a = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    b = keras.Sequential(a.layers[:-1])
    b.add(layers.Dense(1))
    b.build((None, 4))
    assert b.layers[0] is a.layers[0]
    b.layers[0].trainable = False
    assert len(b.trainable_weights) == 2
    assert len(a.trainable_weights) == 2


def test_get_layer_and_its_errors() -> None:
    model = _wide_and_deep()
    assert model.get_layer("hidden1").name == "hidden1"
    assert model.get_layer(index=0) is model.layers[0]
    with pytest.raises(ValueError, match="no layer 'hidden'.*hidden1"):
        model.get_layer("hidden")
    with pytest.raises(ValueError, match="has 7 layers"):
        model.get_layer(index=9)


def test_mc_dropout_by_subclassing_resamples_in_predict() -> None:
    class MCDropout(layers.Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    model = keras.Sequential([keras.Input((50,)), MCDropout(0.5)])
    x = np.ones((3, 50))
    assert (model.predict(x, verbose=0) != model.predict(x, verbose=0)).any()


def test_bad_graphs_are_refused() -> None:
    a, b = keras.Input((3,)), keras.Input((3,), name="other")
    out = layers.Add()([a, b])
    with pytest.raises(ValueError, match="disconnected.*other"):
        keras.Model(a, out)
    with pytest.raises(ValueError, match="Input"):
        keras.Model(a, np.ones(3))
    with pytest.raises(ValueError, match="unique"):
        keras.Model(a, layers.Dense(1, name="x")(layers.Dense(2, name="x")(a)))
    with pytest.raises(ValueError, match="needs inputs and outputs"):
        keras.Model(a, [])
    with pytest.raises(ValueError, match="once"):
        keras.Model([a, a], out)
    with pytest.raises(ValueError, match="must be a list"):
        keras.Sequential(layers.Dense(1))
    with pytest.raises(ValueError, match="layers"):
        keras.Sequential([3])
    with pytest.raises(ValueError, match="first layer"):
        keras.Sequential([layers.Dense(1), keras.Input((3,))])
    with pytest.raises(TypeError, match="no value"):
        bool(a)
    with pytest.raises(TypeError, match="no value"):
        np.cov(a)
    with pytest.raises(NotImplementedError, match="call"):
        type("Empty", (keras.Model,), {})()(np.ones((1, 2)))


def test_summary_shows_layers_shapes_counts_and_connections() -> None:
    lines: list[str] = []
    _wide_and_deep().summary(line_length=100, print_fn=lines.append)
    text = "\n".join(lines)
    for part in ("hidden1 (Dense)", "(None, 30)", "210", "hidden2[0][0]", "Total params: 1,207"):
        assert part in text
    lines.clear()
    inner = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="deep_inside")], name="inner")
    outer = keras.Sequential([inner, layers.Dense(1)])
    outer.summary(expand_nested=True, show_trainable=True, print_fn=lines.append)
    assert "deep_inside" in "\n".join(lines)


def test_summary_of_a_subclass_and_of_shared_layers() -> None:
    lines: list[str] = []
    model = TwoHeads()
    model.summary(print_fn=lines.append)
    model((np.ones((6, 2)), np.ones((6, 3))))
    model.summary(print_fn=lines.append)
    assert "0 (unbuilt)" in lines[0]
    assert "Total params: 0 (0.00 B)" in lines[0]
    assert "(None, 4)" in lines[1]
    x = keras.Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    model = keras.Model(x, shared(shared(x)) * 2)
    model.compile("adam", "mse")
    model.summary(line_length=140, print_fn=lines.append)
    assert "x[0][0], shared[0][0]" in lines[2]
    assert "(Multiply)" in lines[2]
    assert "Optimizer" not in lines[2]
    model.fit(np.ones((2, 3)), np.ones((2, 3)), verbose=0)
    model.summary(print_fn=lines.append)
    assert "Optimizer params: 26" in lines[3]  # iteration, learning rate, two slots of 12


def test_summary_of_a_layer_behind_a_nested_model_with_several_outputs() -> None:
    """As in a variational autoencoder."""
    x = keras.Input((4,))
    mean = layers.Dense(2)(x)
    encoder = keras.Model(x, [mean, mean * 2], name="encoder")
    x = keras.Input((4,), name="x")
    lines: list[str] = []
    keras.Model(x, layers.Dense(1)(encoder(x)[1])).summary(line_length=110, print_fn=lines.append)
    text = "\n".join(lines)
    assert "encoder (Functional)" in text
    assert "(None, 2), (None, 2)" in text
    assert "Total params: 13 (52.00 B)" in text


def test_summary_of_the_mnist_network_counts_266610() -> None:
    lines: list[str] = []
    sizes = (300, 100, 10)
    model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), *map(layers.Dense, sizes)])
    model.summary(print_fn=lines.append)
    assert "266,610" in lines[0]
    assert "(1.02 MB)" in lines[0]


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_a_config_names_classes_that_its_reader_brings_along(kind: str) -> None:
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2.0

    x = keras.Input((3,))
    layers = [x, Doubled(), keras.layers.Dense(2)]
    model = (
        keras.Sequential(layers)
        if kind == "sequential"
        else keras.Model(x, layers[2](layers[1](x)))
    )
    reader = keras.Sequential if kind == "sequential" else keras.Model
    twin = reader.from_config(model.get_config(), custom_objects={"Doubled": Doubled})
    assert isinstance(twin.layers[-2], Doubled)
    with pytest.raises(TypeError, match="Doubled"):  # only there
        type(model).from_config(model.get_config())


def test_input_and_output_have_the_structure_that_was_given() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    y = layers.Dense(1)(layers.concatenate([a, b]))
    model = keras.Model({"a": a, "b": b}, {"y": y})
    assert {name: id(tensor) for name, tensor in model.input.items()} == {"a": id(a), "b": id(b)}
    assert {name: id(tensor) for name, tensor in model.output.items()} == {"y": id(y)}
    model = keras.Model([a, b], y)
    assert [id(tensor) for tensor in model.input] == [id(a), id(b)]
    assert model.output is y
    inner = keras.Model(model.input, model.output)
    assert inner([np.ones((4, 2)), np.ones((4, 3))]).shape == (4, 1)
