# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.utils import plot_decision_boundary

plt = pytest.importorskip("matplotlib.pyplot")

X = np.array([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def network(units, activation, kernel):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, activation)])
    model.set_weights([np.array(kernel, np.float32), np.zeros(units, np.float32)])
    return model


class Estimator:
    """Knows classes alone, like a perceptron."""

    def __init__(self, classes=(0, 1)):
        self.classes = np.array(classes)

    def predict(self, x):
        return self.classes[(x[:, 0] > 0).astype(int)]


@pytest.mark.parametrize(
    "model",
    [
        network(1, "sigmoid", [[5], [0]]),
        network(2, "softmax", [[-5, 5], [0, 0]]),
        Estimator(),
        Estimator(["left", "right"]),
    ],
)
def test_the_picture_has_the_colors_of_the_classes_on_their_sides(model):
    axes = plot_decision_boundary(model, X, [0, 1, 1], resolution=40)
    picture = axes.images[0].get_array()
    left, right = picture[20, 5], picture[20, 35]
    assert left[2] > left[0]  # blue
    assert right[0] > right[2]  # vermilion
    (line,) = [p for c in axes.collections if hasattr(c, "levels") for p in c.get_paths()]
    np.testing.assert_allclose(line.vertices[:, 0], 0.0, atol=0.06)


def test_three_classes_have_a_line_each_and_names():
    model = network(3, "softmax", [[-5, 5, 0], [0, 0, 5]])
    axes = plot_decision_boundary(
        model, X, np.eye(3)[[0, 1, 2]], ["a", "b"], ["x", "y", "z"], resolution=30
    )
    assert sum(hasattr(c, "levels") for c in axes.collections) == 3
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["x", "y", "z"]


def test_names_of_a_data_frame_label_the_axes():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["width", "height"])
    axes = plot_decision_boundary(Estimator(), frame, resolution=10)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")


def test_it_needs_two_features():
    with pytest.raises(ValueError, match=r"points \(n, 2\)"):
        plot_decision_boundary(Estimator(), np.ones((4, 3)))
