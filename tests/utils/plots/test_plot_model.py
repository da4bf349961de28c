# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from itertools import combinations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.layers import Concatenate, Dense, Dropout, Flatten, Input, Normalization, Subtract
from pronghorn.utils import model_to_dot, plot_model
from pronghorn.utils.plots.model_diagram import Show, diagram_of

pytest.importorskip("matplotlib")
EVERYTHING = {
    "show_shapes": True,
    "show_dtype": True,
    "show_layer_names": True,
    "show_layer_activations": True,
    "show_trainable": True,
}


def chain():
    layers = [Flatten(), Dense(300, "relu", name="hidden"), Dropout(0.2), Dense(10, name="out")]
    model = keras.Sequential([Input((28, 28)), *layers], name="chain")
    model.layers[1].trainable = False
    return model


def long_chain():
    return keras.Sequential([Input((8,)), *(Dense(8, "relu") for _ in range(30))])


def wide_and_deep():
    wide, deep = Input((5,), name="wide"), Input((6,), name="deep")
    hidden = Dense(30, "relu", name="h2")(Dense(30, "relu", name="h1")(Normalization()(deep)))
    both = Concatenate(name="both")([wide, hidden])
    return keras.Model([wide, deep], [Dense(1, name="out")(both), Dense(1, name="aux")(hidden)])


def siamese():
    encoder = keras.Sequential(
        [Input((8,)), Dense(6, name="first"), Dense(4, name="last")], name="encoder"
    )
    a, b = Input((8,), name="a"), Input((8,), name="b")
    return keras.Model(
        [a, b], Dense(1, name="out")(Subtract(name="minus")([encoder(a), encoder(b)]))
    )


def shared():
    x, layer = Input((16,), name="x"), Dense(16, name="shared")
    return keras.Model(x, Dense(1, name="out")(layer(Dropout(0.1, name="drop")(layer(x)))))


MODELS = [chain, long_chain, wide_and_deep, siamese, shared]


def edges(model, **show):
    return set(diagram_of(model, Show(**show)).edges)


def test_a_diagram_has_the_edges_of_the_model():
    assert edges(wide_and_deep()) >= {
        ("h1", "h2"),
        ("wide", "both"),
        ("h2", "both"),
        ("h2", "aux"),
        ("both", "out"),
    }
    assert edges(siamese()) == {
        ("a", "encoder"),
        ("b", "encoder"),
        ("encoder", "minus"),
        ("minus", "out"),
    }
    assert edges(shared()) == {
        ("x", "shared"),
        ("shared", "drop"),
        ("drop", "shared"),
        ("shared", "out"),
    }


def test_edges_lead_into_expanded_models():
    assert edges(siamese(), expand_nested=True) == {
        ("a", "encoder/first"),
        ("b", "encoder/first"),
        ("encoder/last", "minus"),
        ("minus", "out"),
    }


def test_cards_say_what_is_asked_for():
    cards = {c.key: c for c in diagram_of(chain(), Show(**EVERYTHING)).cards}
    hidden = cards["hidden"]
    assert hidden.shapes == "(None, 784) → (None, 300)"
    assert (hidden.activation, hidden.dtype, hidden.trainable) == ("relu", "float32", False)
    assert cards["out"].trainable is True
    plain = diagram_of(chain(), Show()).cards[1]
    assert (plain.name, plain.shapes, plain.activation, plain.trainable) == ("", "", "", None)


def test_many_inputs_are_listed_in_short():
    inputs = [Input((4,)) for _ in range(8)] + [Input((n,)) for n in (1, 2, 3)]
    model = keras.Model(inputs, Concatenate(name="all")(inputs))
    card = next(c for c in diagram_of(model, Show(show_shapes=True)).cards if "all" in c.key)
    assert card.shapes == "8 × (None, 4), (None, 1), (None, 2), 1 more → (None, 38)"


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("rankdir", ["TB", "RL"])
def test_no_text_touches_another_or_leaves_the_picture(make, rankdir):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from pronghorn.utils.plots.model_drawing import draw_diagram

    diagram = diagram_of(make(), Show(**EVERYTHING, expand_nested=True))
    figure = draw_diagram(diagram, rankdir)
    canvas = FigureCanvasAgg(figure)
    (axes,) = figure.axes
    boxes = [
        text.get_window_extent(canvas.get_renderer()) for text in axes.texts if text.get_text()
    ]
    assert len(boxes) > 5
    for box in boxes:
        assert figure.bbox.x0 < box.x0
        assert box.x1 < figure.bbox.x1
        assert figure.bbox.y0 < box.y0
        assert box.y1 < figure.bbox.y1
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize("make", MODELS)
def test_matplotlib_alone_draws_it_if_there_is_no_graphviz(make, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    path = tmp_path / "model.png"
    assert plot_model(make(), path, **EVERYTHING, expand_nested=True, dpi=60) is None
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("ending", "start"),
    [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("", b"\x89PNG")],
)
def test_the_ending_tells_the_format(ending, start, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    path = tmp_path / (f"model.{ending}" if ending else "model")
    plot_model(chain(), str(path), dpi=50)
    assert path.read_bytes().startswith(start)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
@pytest.mark.parametrize("make", MODELS)
def test_graphviz_draws_it(make, tmp_path):
    pytest.importorskip("pydot")
    path = tmp_path / "model.png"
    plot_model(make(), path, **EVERYTHING, expand_nested=True, dpi=60)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("make", MODELS)
def test_dot_has_a_node_for_each_layer_and_an_edge_for_each_call(make):
    pytest.importorskip("pydot")
    model = make()
    dot = model_to_dot(model)
    assert {node.get_name().strip('"') for node in dot.get_nodes()} - {"node", "edge"} == {
        layer.name for layer in model.layers
    }
    found = {(e.get_source().strip('"'), e.get_destination().strip('"')) for e in dot.get_edges()}
    assert found == edges(model)


def test_dot_holds_names_with_any_characters():
    pytest.importorskip("pydot")
    model = keras.Sequential([Input((2,)), Dense(1, name='a <b> & "c"')])
    text = model_to_dot(model).to_string()
    assert "a &lt;b&gt; &amp; &quot;c&quot;" in text
    inner = model_to_dot(model, subgraph=True)
    assert inner.get_name().startswith("cluster_")


def test_a_subclassed_model_is_one_card(tmp_path):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    model = Net()
    model(np.ones((1, 2)))
    (card,) = diagram_of(model, Show(show_trainable=True)).cards
    assert (card.type_name, card.trainable) == ("Net", True)


def test_a_model_that_is_not_built_and_a_direction_that_is_none_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not built"):
        plot_model(keras.Sequential([Dense(1)]), tmp_path / "model.png")
    with pytest.raises(ValueError, match="`rankdir` must be"):
        plot_model(chain(), tmp_path / "model.png", rankdir="UP")
    assert not list(tmp_path.iterdir())
