# SPDX-License-Identifier: Apache-2.0
"""fit_many: independent models trained side by side, one processor each."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pronghorn import config
from pronghorn.backend.thread_switching import quick_switching
from pronghorn.callbacks import Callback, History
from pronghorn.models.model import Model
from pronghorn.random.seed_generator import global_generator, seeded


def fit_many(
    models: Sequence[Model],
    x: Any = None,
    y: Any = None,
    *,
    each: Sequence[Mapping[str, Any]] | None = None,
    seeds: Sequence[int] | None = None,
    workers: int | None = None,
    verbose: Any = 0,
    **arguments: Any,
) -> list[History]:
    """Train independent models, each as its own `fit` would, on all processors.

    A small network does not keep several processors busy, but many of them do. The results are
    those of training one model after the other, to the bit.

    Args:
        models: compiled models, all different; they may differ in anything.
        x, y: data for all of them, which is not copied.
        each: one dict per model with arguments of `fit` that are its own: `x`, `y`, `epochs`,
            `callbacks`, ... They go before those for all.
        seeds: one int in [0, 2**32) per model: it is trained as after
            `keras.utils.set_random_seed(seed)`. By default they are drawn from the global
            generator.
        workers: how many models train at the same time; by default as many as there are threads.
        verbose, **arguments: of `fit`, for all models.

    Returns:
        The `History` of each model, in their order.

    Raises:
        ValueError: a model is there twice, `each` or `seeds` has another length, or `callbacks` are
            to be shared: they keep state, so every model needs its own.
        Exception: the first one of a `fit`. The other models then stop after the step they are at.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> def model(width):
    ...     net = keras.Sequential([keras.layers.Dense(width, "relu"), keras.layers.Dense(1)])
    ...     net.compile("adam", "mse")
    ...     return net
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> models = [model(width) for width in (4, 8, 16)]
    >>> histories = keras.models.fit_many(models, x, x.sum(axis=1), epochs=2, seeds=[1, 2, 3])
    >>> [len(history.epoch) for history in histories]
    [2, 2, 2]
    """
    models = list(models)
    each = [{}] * len(models) if each is None else list(each)
    if seeds is None:
        seeds = [global_generator().integer() % 2**32 for _ in models]
    for name, values in (("each", each), ("seeds", seeds)):
        if len(values) != len(models):
            raise ValueError(
                f"`{name}` must have one entry per model, {len(models)}. Received: {len(values)}"
            )
    if len({id(model) for model in models}) < len(models):
        raise ValueError("`models` must all be different: one of them is there twice.")
    if arguments.get("callbacks"):
        raise ValueError(
            "Callbacks keep state, so models cannot share them. Give each model its own: "
            "each=[{'callbacks': [...]}, ...]"
        )
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise ValueError(f"`workers` must be a positive int. Received: workers={workers!r}")

    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    stop = threading.Event()

    def fit(model: Model, own: Mapping[str, Any], seed: int) -> History:
        given = {"x": x, "y": y, "verbose": verbose, **arguments, **own}
        callbacks = given.pop("callbacks", None) or []
        callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        with config.thread_limit(1), seeded(seed):
            return model.fit(callbacks=[*callbacks, _Stop(stop)], **given)

    with (
        quick_switching(),
        ThreadPoolExecutor(workers or config.num_threads(), "fit_many") as pool,
    ):
        jobs = [
            pool.submit(partial(contextvars.copy_context().run, fit, *job))
            for job in zip(models, each, seeds, strict=True)
        ]
        try:
            wait(jobs, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()  # for those still at work, if there was an exception or Ctrl-C
            pool.shutdown(wait=True, cancel_futures=True)
    failed = [job for job in jobs if not job.cancelled() and job.exception() is not None]
    return [job.result() for job in failed or jobs]


class _Stop(Callback):
    """Ends training when an event is set."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def on_progress(self, step: int, logs: Any) -> None:
        if self._event.is_set():
            self.model.stop_training = True
