# SPDX-License-Identifier: Apache-2.0
"""Rosenblatt's perceptron tells irises apart by their petals, where a line can.

A line separates the setosas from the others, and the perceptron is sure to find one. No line
separates the virginicas, and its own moves with every mistake, near or far, until training ends. A
network whose loss tells near from far finds a better boundary, which hardly bends here.

Run it with `python -m pronghorn.examples.perceptron_iris`; it draws what both see where. It needs
scikit-learn (`pip install "pronghorn[sklearn,plot]"`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import pronghorn as keras
from pronghorn.estimators import MLPClassifier, Perceptron

FEATURES = ["petal length (cm)", "petal width (cm)"]


def load_petals() -> tuple[np.ndarray, np.ndarray]:
    """Length and width of the petals of 150 irises, and their species: 0, 1 or 2."""
    (x, y), (x_test, y_test) = keras.datasets.iris.load_data()
    return np.concatenate([x, x_test])[:, 2:], np.concatenate([y, y_test])


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Fits three classifiers, and returns the share of the irises that each gets right."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.perceptron_iris")
    parser.add_argument("--output", type=Path, default=Path("perceptron-iris.png"))
    options = parser.parse_args(argv)
    petals, species = load_petals()
    is_setosa, is_virginica = (species == 0).astype(int), (species == 2).astype(int)

    network = MLPClassifier([16], learning_rate_init=0.02, max_iter=500, random_state=0)
    tasks = {
        "setosa, by a perceptron": (Perceptron(random_state=0), is_setosa),
        "virginica, by a perceptron": (Perceptron(random_state=0, max_iter=500), is_virginica),
        "virginica, by a network": (network, is_virginica),
    }
    figure, panels = plt.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
    scores = {}
    for (name, (classifier, wanted)), axes in zip(tasks.items(), panels, strict=True):
        classifier.fit(petals, wanted)
        scores[name] = float(classifier.score(petals, wanted))
        print(f"{name:>27}: {scores[name]:6.1%} right after {classifier.n_iter_} epochs")
        species_name = name.split(",")[0]
        keras.utils.plot_decision_boundary(
            classifier,
            petals,
            wanted,
            feature_names=FEATURES,
            class_names=["other", species_name],
            axes=axes,
        )
        axes.set_title(f"{name}: {scores[name]:.1%}", loc="left", fontsize=11)
    figure.savefig(options.output)
    print(f"\nWhat each sees where is drawn in {options.output}.")
    return scores


if __name__ == "__main__":
    main()
