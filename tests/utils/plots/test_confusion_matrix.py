# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from pronghorn.utils import plot_confusion_matrix

plt = pytest.importorskip("matplotlib.pyplot")

TRUE = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 2, 2])
COUNTS = [[2, 1, 0], [0, 1, 1], [0, 0, 1]]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def counts(axes, size):
    return np.reshape([int(t.get_text().split("\n")[0]) for t in axes.texts], (size, size)).tolist()


@pytest.mark.parametrize(
    ("true", "predicted"),
    [
        (TRUE, PREDICTED),
        (TRUE[:, None], PREDICTED.astype(float)),
        (np.eye(3)[TRUE], np.eye(3)[PREDICTED] * 0.7 + 0.1),
        (np.array(["a", "b", "c"])[TRUE], np.array(["a", "b", "c"])[PREDICTED]),
    ],
)
def test_cells_count_rows_by_true_and_predicted_class(true, predicted):
    axes = plot_confusion_matrix(true, predicted)
    assert counts(axes, 3) == COUNTS
    assert axes.get_title(loc="left") == "66.7% of 6 right"


def test_colors_are_shares_of_the_true_class():
    image = plot_confusion_matrix(TRUE, PREDICTED).images[0].get_array()
    np.testing.assert_allclose(image, [[2 / 3, 1 / 3, 0], [0, 1 / 2, 1 / 2], [0, 0, 1]])


def test_a_probability_of_the_second_of_two_classes_counts_from_one_half():
    axes = plot_confusion_matrix([0, 1, 1], np.array([[0.2], [0.4], [0.9]]))
    assert counts(axes, 2) == [[1, 0], [1, 1]]


def test_names_label_classes_that_do_not_occur_too():
    axes = plot_confusion_matrix([0, 2], [2, 2], class_names=["cat", "dog", "owl"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "owl"]
    assert counts(axes, 3) == [[0, 0, 1], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("classes", [2, 12, 25, 100])
def test_labels_do_not_overlap(classes):
    from itertools import pairwise

    labels = np.arange(classes)
    axes = plot_confusion_matrix(labels, labels, class_names=[f"number {i}" for i in labels])
    axes.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_what_does_not_agree_is_refused():
    with pytest.raises(ValueError, match="same number of rows"):
        plot_confusion_matrix([0, 1], [0])
    with pytest.raises(ValueError, match="`class_names` must have a name for each of the 3"):
        plot_confusion_matrix(TRUE, PREDICTED, class_names=["a", "b"])
    with pytest.raises(ValueError, match="`y_true` must be"):
        plot_confusion_matrix(np.zeros((2, 2, 2)), [0, 1])
