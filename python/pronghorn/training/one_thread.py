# SPDX-License-Identifier: Apache-2.0
"""One thread at a time trains or tests a model."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


class Occupancy:
    """Which thread is training or testing a model. Nobody is, in a copy or pickle of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def __reduce__(self) -> tuple[type[Occupancy], tuple[()]]:
        return Occupancy, ()


def one_thread_at_a_time(method: _Method) -> _Method:
    """Makes a method of a model an error while another thread is in such a method.

    Within one thread they nest: a callback of `fit` may call `evaluate`.
    """

    @functools.wraps(method)
    def guarded(model: Any, *args: Any, **kwargs: Any) -> Any:
        occupancy = model.__dict__.setdefault("_occupancy", Occupancy())
        if not occupancy.lock.acquire(blocking=False):
            raise RuntimeError(
                f"Another thread is training or testing model {model.name!r}, and "
                f"`{method.__name__}` would change the same weights and metrics. Wait for it, or "
                "work on a copy: `copy.deepcopy(model)`. (`predict` may be called at any time.)"
            )
        try:
            return method(model, *args, **kwargs)
        finally:
            occupancy.lock.release()

    return guarded  # type: ignore[return-value]
