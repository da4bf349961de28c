# SPDX-License-Identifier: Apache-2.0
"""What the README promises of the quickstart."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.examples import quickstart


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run with the default options: what it returned, wrote and printed."""
    folder = tmp_path_factory.mktemp("quickstart")
    stdout, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    try:
        accuracy = quickstart.main(["--output", str(folder)])
        sys.stdout.flush()
        printed = sys.stdout.buffer.getvalue().decode()
    finally:
        sys.stdout = stdout
    return accuracy, folder, printed


def test_at_least_97_percent_of_the_held_out_images_are_recognised(run):
    assert run[0] >= 0.97


def test_it_shows_the_model_the_training_and_the_result(run):
    printed = run[2]
    for text in ("Total params", "Epoch 1/30", "Epoch 30/30", "val_accuracy", "Held-out images"):
        assert text in printed


def test_it_draws_digits_with_prediction_and_confidence(run):
    assert "█" in run[2]
    assert "%)" in run[2]


def test_it_marks_mistakes(run, capsys):
    images = np.zeros((2, 8, 8), np.uint8)
    quickstart.show_predictions(images, np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    printed = capsys.readouterr().out
    assert "0 (90.0%)" in printed
    assert "✗ 0 (80%), is 1" in printed


def test_it_writes_the_learning_curves_and_the_weights(run):
    pytest.importorskip("matplotlib")
    assert (run[1] / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    assert (run[1] / "digits.weights.h5").stat().st_size > 10_000


def test_without_matplotlib_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    history = keras.callbacks.History()
    history.on_epoch_end(0, {"loss": 1.0, "accuracy": 0.5})
    assert "needs matplotlib" in quickstart.plot_curves(history, tmp_path / "curves.png")


def test_a_terminal_without_block_characters_gets_plain_ones(monkeypatch):
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    image = np.full((1, 8, 8), 16, np.uint8)
    quickstart.show_predictions(image, np.array([0]), np.array([[1.0, 0.0]]))
    plain.flush()
    assert b"################" in plain.buffer.getvalue()


def test_every_other_seed_reaches_it_too(tmp_path, capsys):
    accuracies = [
        quickstart.main(["--seed", str(seed), "--output", str(tmp_path)]) for seed in range(2)
    ]
    assert min(accuracies) >= 0.97
