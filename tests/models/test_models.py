# SPDX-License-Identifier: Apache-2.0
"""Sequential, functional and subclassed models: structure, order, reuse, errors."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers

RNG = np.random.default_rng(0)


def test_sequential_with_and_without_input_are_the_same() -> None:
    x = RNG.normal(size=(5, 4)).astype("float32")
    early = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)]
    )
    late = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(2)])
    assert early.built
    assert not late.built
    with pytest.raises(ValueError, match="not known"):
        late.count_params()
    late(x)
    assert late.built
    assert late.output_shape == early.output_shape == (None, 2)
    late.set_weights(early.get_weights())
    np.testing.assert_array_equal(late.predict(x, verbose=0), early.predict(x, verbose=0))
    np.testing.assert_allclose(early(x).numpy(), early.predict(x, verbose=0), rtol=1e-6)
    assert [type(layer).__name__ for layer in early.layers] == ["Dense", "Dense"]


def test_add_and_pop() -> None:
    model = keras.Sequential([keras.Input((4,))])
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.count_params() == 15 + 8
    model.pop()
    assert model.output_shape == (None, 3)
    with pytest.raises(ValueError, match="incompatible|cannot"):
        model.add(layers.Reshape((5,)))
    assert model.output_shape == (None, 3)
    assert len(model.layers) == 1


def test_legacy_input_shape_builds_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="Input"):
        first = layers.Flatten(input_shape=[28, 28])
    model = keras.Sequential([first, layers.Dense(300), layers.Dense(100), layers.Dense(10)])
    assert model.count_params() == 266_610


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
    names = [layer.name for layer in _wide_and_deep().layers]
    assert names[0] == "deep"
    assert names[1:3] == ["hidden1", "wide"] or names[1:3] == ["hidden1", "hidden2"]
    assert names[-2:] == ["main", "aux"]


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
    with pytest.raises(ValueError, match="layers"):
        keras.Sequential([3])
    with pytest.raises(ValueError, match="first layer"):
        keras.Sequential([layers.Dense(1), keras.Input((3,))])
    with pytest.raises(TypeError, match="no value"):
        bool(a)
    with pytest.raises(TypeError, match="no value"):
        np.exp(a)
    with pytest.raises(NotImplementedError, match="call"):
        type("Empty", (keras.Model,), {})()(np.ones((1, 2)))


def test_summary_shows_layers_shapes_counts_and_connections() -> None:
    lines: list[str] = []
    _wide_and_deep().summary(line_length=100, print_fn=lines.append)
    text = "\n".join(lines)
    for part in ("hidden1 (Dense)", "(None, 30)", "210", "hidden2[0]", "Total params: 1,207"):
        assert part in text
    lines.clear()
    inner = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="deep_inside")], name="inner")
    outer = keras.Sequential([inner, layers.Dense(1)])
    outer.summary(expand_nested=True, show_trainable=True, print_fn=lines.append)
    assert "deep_inside" in "\n".join(lines)


def test_summary_of_the_mnist_network_counts_266610() -> None:
    lines: list[str] = []
    sizes = (300, 100, 10)
    model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), *map(layers.Dense, sizes)])
    model.summary(print_fn=lines.append)
    assert "266,610" in lines[0]
    assert "(1.02 MB)" in lines[0]
