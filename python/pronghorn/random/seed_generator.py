# SPDX-License-Identifier: Apache-2.0
"""Seeds: one counter-based generator, keyed by seed and position."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from pronghorn.backend.process_lock import process_lock
from pronghorn.backend.tensor import convert_to_tensor
from pronghorn.backend.trace import current_trace, init_scope
from pronghorn.backend.variable import Variable


class SeedGenerator:
    """A stream of random states; every draw from it gives new numbers.

    Its state is a variable (seed, number of draws so far), so a saved run continues where it was.

    Args:
        seed: int; None takes one from the global generator.
        name: for people.

    Raises:
        ValueError: seed is not an int.

    Example:

    >>> import pronghorn as keras
    >>> g = keras.random.SeedGenerator(7)
    >>> a, b = keras.random.uniform((2,), seed=g), keras.random.uniform((2,), seed=g)
    >>> bool((a.numpy() == b.numpy()).any())
    False
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is None:
            seed = global_generator().integer()
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
            raise ValueError(f"seed must be an int. Received: seed={seed!r}")
        self.seed = int(seed)
        self.name = name or "seed_generator"
        state = np.array([self.seed % 2**63, 0], "int64")
        with init_scope():
            self.state = Variable(state, trainable=False, name="seed_generator_state")

    def restart(self, seed: int) -> None:
        """Begin at the beginning of another stream."""
        self.seed = seed
        with init_scope():
            self.state.assign(np.array([seed % 2**63, 0], "int64"))

    def next(self) -> Any:
        """The state for one draw; the generator moves on."""
        with _drawing if current_trace() is None else nullcontext():
            state = self.state.value
            self.state.assign(state + np.array([0, 1], "int64"))
        return state

    def integer(self) -> int:
        """A new seed for something that keeps its own state.

        The generator SplitMix64 of Steele, Lea and Flood ("Fast splittable pseudorandom number
        generators", OOPSLA 2014); NumPy's would have to be imported, which takes longer than
        the first step of training.
        """
        with init_scope(), _drawing:
            seed, counter = (int(x) for x in self.state.numpy())
            self.state.assign(np.array([seed, counter + 1], "int64"))
        z = (seed + (counter + 1) * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return (z ^ z >> 31) >> 1

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


_drawing = process_lock()  # two threads must not draw the same numbers
_creating = process_lock()
_global: SeedGenerator | None = None
_of_thread = threading.local()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """A context in which the calling thread draws as after `set_random_seed(seed)`, on its own.

    That is true of this library's random numbers; NumPy's and Python's stay those of the process.
    """
    outer = getattr(_of_thread, "generator", None)
    _of_thread.generator = SeedGenerator(_checked(seed))
    try:
        yield
    finally:
        _of_thread.generator = outer


def global_generator() -> SeedGenerator:
    """The generator behind everything that is given no seed."""
    global _global
    own = getattr(_of_thread, "generator", None)
    if own is not None:
        return own
    if _global is None:
        with _creating:
            if _global is None:
                _global = SeedGenerator(int.from_bytes(os.urandom(8), "little") >> 2)
    return _global


def set_random_seed(seed: int) -> None:
    """Restart all random numbers: this library's, NumPy's legacy ones and Python's.

    Args:
        seed: int in [0, 2**32).

    Raises:
        ValueError: seed is not such an int.

    >>> import pronghorn as keras
    >>> keras.utils.set_random_seed(42)
    """
    global _global
    seed = _checked(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the legacy state is what is to be seeded
    if getattr(_of_thread, "generator", None) is not None:  # within `seeded`
        _of_thread.generator = SeedGenerator(seed)
    elif _global is None:
        _global = SeedGenerator(seed)
    else:  # programs that draw from it have its state in them
        _global.restart(seed)


def _checked(seed: int) -> int:
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an int in [0, 2**32). Received: seed={seed!r}")
    return int(seed)


def draw_state(seed: Any) -> Any:
    """The state for one draw from: a SeedGenerator, an int (always the same), None (global)."""
    if seed is None:  # in a trace: new numbers each time the program runs
        return global_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return convert_to_tensor(np.array([int(seed) % 2**63, 0], "int64"))
    raise ValueError(f"seed must be an int, a SeedGenerator or None. Received: seed={seed!r}")
