# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.utils import progbar
from pronghorn.utils.progbar import Progbar


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(progbar, "time", made)
    return made


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


@pytest.fixture
def log(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return io.StringIO()


def fit(**arguments):
    x = np.ones((64, 2))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x[:, 0], epochs=3, validation_split=0.5, **arguments)
    return model, x


def test_the_last_line_looks_like_keras(terminal, clock):
    with redirect_stdout(terminal):
        bar = Progbar(1719)
        clock.now += 0.5157
        bar.finish([("accuracy", 0.90123), ("loss", 3.2e-4)], 1719)
    line = "1719/1719 ━━━━━━━━━━━━━━━━━━━━ 1s 300us/step - accuracy: 0.9012 - loss: 3.2000e-04\n"
    assert terminal.getvalue().lstrip("\r") == line


def test_colors_are_for_terminals(terminal, clock, monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    with redirect_stdout(terminal):
        Progbar(4).update(2)
    assert "\x1b[32m━━━━━━━━━━\x1b[0m" in terminal.getvalue()


def test_a_live_bar_is_redrawn_at_most_ten_times_a_second(terminal, clock):
    with redirect_stdout(terminal):
        bar = Progbar(1000)
        for step in range(1, 1001):
            clock.now += 0.001
            bar.update(step, [("loss", 1.0)])
    assert 8 <= terminal.getvalue().count("\r") <= 12
    assert terminal.getvalue().endswith("\n")
    assert terminal.getvalue().count("\n") == 1


def test_a_live_line_is_cut_to_the_terminal(terminal, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    with redirect_stdout(terminal):
        bar = Progbar(10)
        clock.now += 1
        bar.show(3, [("a_long_name", 1.0), ("another_long_name", 2.0)])
    assert len(terminal.getvalue().lstrip("\r")) <= 39
    assert " 3/10 ━" in terminal.getvalue()


@pytest.mark.parametrize(
    ("columns", "values", "line"),
    [
        ("44", ["loss"], " 5/10 ━━━━──── 1s 200ms/step - loss: 1.0000"),
        ("50", ["accuracy", "loss"], " 5/10 ━━━─── 1s 200ms/step - accuracy: 1.0000"),
    ],
)
def test_in_a_narrow_terminal_the_bar_gives_way_and_values_are_whole_or_missing(
    columns, values, line, terminal, clock, monkeypatch
):
    monkeypatch.setenv("COLUMNS", columns)
    with redirect_stdout(terminal):
        bar = Progbar(10)
        clock.now += 1
        bar.show(5, [(name, 1.0) for name in values])
    assert terminal.getvalue() == "\r" + line


def test_a_last_line_that_is_too_long_goes_on_in_the_next(terminal, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    with redirect_stdout(terminal):
        bar = Progbar(10)
        clock.now += 1
        bar.show(9, [("some_other_name", 1.0)])
        bar.finish([("accuracy", 1.0), ("loss", 1.0), ("val_accuracy", 1.0)], 10)
    live, first, second, third = re.split("[\r\n]+", terminal.getvalue().strip())
    assert first.rstrip() == "10/10 ━━━━━━━━━━━━━━━━━━━━ 1s 0s/step"
    assert len(first) >= len(live)  # nothing of it is left standing
    assert second == "    - accuracy: 1.0000 - loss: 1.0000"
    assert third == "    - val_accuracy: 1.0000"


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_log_gets_one_line(log, clock, verbose):
    with redirect_stdout(log):
        bar = Progbar(3, verbose=verbose, title="Epoch 1/2")
        for step in (1, 2, 3):
            clock.now += 0.5
            bar.update(step, [("loss", 2.0)])
    assert log.getvalue() == "Epoch 1/2 - 3/3 - 2s - 500ms/step - loss: 2.0000\n"


def test_values_are_averaged_over_steps_unless_stateful(terminal, clock):
    with redirect_stdout(terminal):
        bar = Progbar(4, stateful_metrics=["b"])
        bar.update(1, [("a", 1.0), ("b", 1.0)])
        clock.now += 1
        bar.update(3, [("a", 4.0), ("b", 5.0)])
    assert terminal.getvalue().endswith("a: 3.0000 - b: 5.0000")


def test_without_a_target(terminal, clock):
    with redirect_stdout(terminal):
        bar = Progbar(None)
        clock.now += 1
        bar.add(7, [("loss", 1.0)])
    assert "7/Unknown 1s" in terminal.getvalue()


def test_a_stream_without_the_characters_gets_plain_ones(terminal, clock):
    terminal.encoding = "ascii"
    with redirect_stdout(terminal):
        Progbar(4).update(2)
    assert "2/4 ==========.......... 0s" in terminal.getvalue()


def test_fit_in_a_log_prints_one_line_an_epoch(log):
    with redirect_stdout(log):
        fit()
    lines = log.getvalue().splitlines()
    assert len(lines) == 3
    pattern = r"Epoch 1/3 - 1/1 - 0s - \S+/step - loss: \S+ - val_loss: \S+"
    assert re.fullmatch(pattern, lines[0])


def test_fit_in_a_terminal_shows_a_bar(terminal):
    with redirect_stdout(terminal):
        fit()
    text = terminal.getvalue().replace("\r", "\n")
    assert "Epoch 3/3\n" in text
    assert re.search(r"1/1 ━{20} 0s \S+/step - loss: \S+ - val_loss: \S+\n", text)


def test_silence(log):
    with redirect_stdout(log):
        model, x = fit(verbose=0)
        model.evaluate(x, x[:, 0], verbose=0)
        model.predict(x, verbose=0)
    assert log.getvalue() == ""


def test_evaluate_and_predict_show_progress(log):
    with redirect_stdout(log):
        model, x = fit(verbose=0)
        model.evaluate(x, x[:, 0])
        model.predict(x)
    first, second = log.getvalue().splitlines()
    assert re.fullmatch(r"2/2 - 0s - \S+/step - loss: \S+", first)
    assert re.fullmatch(r"2/2 - 0s - \S+/step", second)
