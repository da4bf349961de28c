# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from pronghorn.backend.settings import is_interactive_logging_enabled

_LEAST_WIDTH = 6  # of a bar in a narrow terminal
_BOLD, _GREEN, _GREY, _OFF = "\x1b[1m", "\x1b[32m", "\x1b[90m", "\x1b[0m"


class Progbar:
    """A progress bar with the look of Keras.

        1719/1719 ━━━━━━━━━━━━━━━━━━━━ 1s 300us/step - accuracy: 0.9012 - loss: 0.3018

    Args:
        target: number of steps expected; None if unknown.
        width: characters of the bar.
        verbose: 0 shows nothing, 1 a bar that is redrawn in place (a single line at the end where
            the output is no terminal), 2 a single line at the end.
        interval: least number of seconds between two redraws.
        stateful_metrics: names whose values are shown as given; the others are averaged over the
            steps.
        unit_name: what one step is called.
        title: a heading for the bar, or the beginning of the single line.

    Example:
    >>> bar = Progbar(3, verbose=2)
    >>> bar.update(3, [("loss", 0.5)])  # doctest: +ELLIPSIS
    3/3 - 0s - ...s/step - loss: 0.5000
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.1,
        stateful_metrics: Collection[str] | None = None,
        unit_name: str = "step",
        title: str = "",
    ) -> None:
        self.target = target
        self.width = width
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = set(stateful_metrics or ())
        self.title = title
        isatty = getattr(sys.stdout, "isatty", None)
        self._terminal = bool(isatty and isatty()) and is_interactive_logging_enabled()
        in_notebook = "ipykernel" in sys.modules and is_interactive_logging_enabled()
        self._moves = self._terminal or in_notebook
        self.verbose = 2 if verbose == 1 and not self._moves else verbose
        self._color = self._terminal and not os.environ.get("NO_COLOR")
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        self._done, self._left = ("━", "─") if _can_encode("━─", encoding) else ("=", ".")
        if self._color:
            self._left = self._done
        self._step = 0
        self._sums: dict[str, tuple[Any, float]] = {}  # name -> sum, number of steps
        self._start = time.monotonic()
        self._first_step_end: float | None = None
        self._first_step = 0
        self._last_draw = float("-inf")
        self._drawn = 0  # characters standing on the line
        if title and self.verbose == 1:
            _write(f"{title}\n")

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Show that `current` steps are done.

        Args:
            current: steps done so far.
            values: pairs (name, value of the steps since the last update).
            finalize: whether this is the last update; None: when `current` reaches `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        new_steps = max(current - self._step, 1)
        for name, value in values or ():
            if finalize or name in self.stateful_metrics:
                self._sums[name] = value, 1
            else:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = total + value * new_steps, count + new_steps
        self._draw_at(current, finalize)

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Show that `n` more steps are done."""
        self.update(self._step + n, values)

    def is_due(self) -> bool:
        """Whether an update now would be drawn."""
        return self.verbose == 1 and time.monotonic() - self._last_draw >= self.interval

    def show(self, current: int, values: Sequence[tuple[str, Any]]) -> None:
        """Like `update` with values that are means already."""
        self._sums = {name: (value, 1) for name, value in values}
        self._draw_at(current, finalize=False)

    def finish(self, values: Sequence[tuple[str, Any]] = (), current: int | None = None) -> None:
        """The last line, with final values."""
        self._sums = {name: (value, 1) for name, value in values}
        self._draw_at(self._step if current is None else current, finalize=True)

    def abandon(self) -> None:
        """Stop without a last line; the cursor leaves the bar."""
        if self._drawn:
            _write("\n")
            self._drawn = 0

    def _draw_at(self, current: int, finalize: bool) -> None:
        now = time.monotonic()
        if self._first_step_end is None and current > 0:
            # The first step pays for warming up; the time per step leaves it out if there are more.
            self._first_step_end, self._first_step = now, current
        self._step = current
        if self.verbose == 1 and (finalize or now - self._last_draw >= self.interval):
            self._last_draw = now
            self._draw_bar(now, finalize)
        elif self.verbose == 2 and finalize:
            self._draw_line(now)

    def _draw_bar(self, now: float, finalize: bool) -> None:
        total = self.target or 0
        count = f"{self._step:>{len(str(total))}}/{total}" if total else f"{self._step:7d}/Unknown"
        seconds = now - self._start
        if not finalize and total:
            seconds = self._seconds_per_step(now) * (total - self._step)
        clock = _clock(seconds)
        speed = f" {_duration(self._seconds_per_step(now))}/{self.unit_name}"
        values = [f" - {name}: {value}" for name, value in self._values()]

        columns, width = 0, self.width
        if self._terminal:  # where the line does not fit, the bar gives way first
            from shutil import get_terminal_size

            columns = get_terminal_size().columns - 1
            room = columns - len(count + clock + speed) - 2
            for_bar = room - sum(map(len, values))
            if finalize and for_bar < _LEAST_WIDTH:  # the values take more lines anyway
                for_bar = room
            width = min(width, max(for_bar, _LEAST_WIDTH))
        filled = int(width * min(self._step / total, 1.0)) if total else 0
        bar = [(self._done * filled, _GREEN), (self._left * (width - filled), _GREY), (" ", "")]
        parts = [(count, _BOLD), (" ", ""), *(bar if total else []), (clock, _BOLD), (speed, "")]
        used = sum(len(text) for text, _ in parts)
        if columns and finalize:
            values = _wrapped(values, used, columns)
        elif columns:  # a line that wraps could not be redrawn in place
            values = _fitting(values, columns - used)
            parts = _cut(parts, columns)
        first, *more = "".join(values).split("\n")
        parts.append((first, ""))

        length = sum(len(text) for text, _ in parts)
        line = "".join(
            f"{color}{text}{_OFF}" if self._color and color and text else text
            for text, color in parts
        )
        rest = " " * max(self._drawn - length, 0)  # of what stands on the line
        _write("\r" + "\n".join([line + rest, *more]) + ("\n" if finalize else ""))
        self._drawn = 0 if finalize else length

    def _draw_line(self, now: float) -> None:
        start = [self.title] if self.title else []
        count = f"{self._step}/{self.target}" if self.target else f"{self._step}"
        times = [
            f"{now - self._start:.0f}s",
            f"{_duration(self._seconds_per_step(now))}/{self.unit_name}",
        ]
        values = [f"{name}: {value}" for name, value in self._values()]
        _write(" - ".join([*start, count, *times, *values]) + "\n")

    def _values(self) -> list[tuple[str, str]]:
        return [(name, _number(total / count)) for name, (total, count) in self._sums.items()]

    def _seconds_per_step(self, now: float) -> float:
        if not self._step:
            return 0.0
        if self._first_step_end is not None and self._step > self._first_step:
            return (now - self._first_step_end) / (self._step - self._first_step)
        return (now - self._start) / self._step


def _write(text: str) -> None:
    if not is_interactive_logging_enabled():
        if text.strip():
            import logging

            logging.getLogger("pronghorn").info(text.strip())
    elif sys.stdout is not None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _number(value: Any) -> str:
    mean = float(np.mean(value))
    return f"{mean:.4f}" if abs(mean) > 1e-3 else f"{mean:.4e}"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{whole}s"


def _cut(parts: list[tuple[str, str]], columns: int) -> list[tuple[str, str]]:
    kept = []
    for text, color in parts:
        kept.append((text[: max(columns, 0)], color))
        columns -= len(text)
    return kept


def _fitting(values: list[str], columns: int) -> list[str]:
    """The first values that fit, whole."""
    kept = []
    for value in values:
        columns -= len(value)
        if columns < 0:
            break
        kept.append(value)
    return kept


def _wrapped(values: list[str], used: int, columns: int) -> list[str]:
    """Values that do not fit go on in the next line, whole."""
    lines = []
    for value in values:
        if used + len(value) > columns:
            value, used = "\n   " + value, 2
        lines.append(value)
        used += len(value)
    return lines


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
