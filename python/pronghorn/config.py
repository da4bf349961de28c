# SPDX-License-Identifier: Apache-2.0
"""Settings of the whole library."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pronghorn import _core
from pronghorn.backend import backend as backend
from pronghorn.backend.dtypes import epsilon as epsilon
from pronghorn.backend.dtypes import floatx as floatx
from pronghorn.backend.dtypes import image_data_format as image_data_format
from pronghorn.backend.dtypes import set_epsilon as set_epsilon
from pronghorn.backend.dtypes import set_floatx as set_floatx
from pronghorn.backend.dtypes import set_image_data_format as set_image_data_format
from pronghorn.backend.settings import disable_interactive_logging as disable_interactive_logging
from pronghorn.backend.settings import disable_traceback_filtering as disable_traceback_filtering
from pronghorn.backend.settings import enable_interactive_logging as enable_interactive_logging
from pronghorn.backend.settings import enable_traceback_filtering as enable_traceback_filtering
from pronghorn.backend.settings import (
    is_interactive_logging_enabled as is_interactive_logging_enabled,
)
from pronghorn.backend.settings import (
    is_traceback_filtering_enabled as is_traceback_filtering_enabled,
)
from pronghorn.backend.settings import max_epochs as max_epochs
from pronghorn.backend.settings import max_steps_per_epoch as max_steps_per_epoch
from pronghorn.backend.settings import set_max_epochs as set_max_epochs
from pronghorn.backend.settings import set_max_steps_per_epoch as set_max_steps_per_epoch
from pronghorn.dtype_policies import dtype_policy as dtype_policy
from pronghorn.dtype_policies import set_dtype_policy as set_dtype_policy


def enable_unsafe_deserialization() -> None:
    """Lets `load_model` run Python code that `Lambda` layers have in files, in Keras; here nothing
    in a file is ever run, and a warning says so.

    A function that a file holds as code is given to ``load_model(path, custom_objects={name of the
    layer: function})`` instead.
    """
    warnings.warn(
        "pronghorn never runs code out of a file: `enable_unsafe_deserialization()` changes "
        "nothing. For a `Lambda` layer with a Python lambda pass the function itself: "
        "`load_model(..., custom_objects={name_of_the_layer: function})`.",
        stacklevel=2,
    )


def set_num_threads(threads: int | None) -> None:
    """How many threads a computation may use; results do not depend on it.

    Args:
        threads: positive int, or None for as many as the process may use: its affinity, at most the
            cgroup's quota, at most ``OMP_NUM_THREADS``.

    Raises:
        ValueError: threads is neither.

    >>> import pronghorn as keras
    >>> keras.config.set_num_threads(1)
    >>> keras.config.num_threads()
    1
    >>> keras.config.set_num_threads(None)
    """
    _core.set_num_threads(_checked(threads))


def num_threads() -> int:
    """How many threads a large computation of the calling thread uses.

    That is what `set_num_threads` has set, at most the `thread_limit` around the call, and at most
    what OpenMP is limited to, by `threadpoolctl` for example.
    """
    return _core.num_threads()


@contextmanager
def thread_limit(threads: int | None) -> Iterator[None]:
    """A context in which computations that this Python thread starts use at most so many threads.

    Other Python threads are not affected: of several that work side by side each can have one.

    Args:
        threads: positive int, or None for no limit.

    Raises:
        ValueError: threads is neither.

    >>> import pronghorn as keras
    >>> with keras.config.thread_limit(1):
    ...     keras.config.num_threads()
    1
    """
    before = _core.set_thread_limit(_checked(threads))
    try:
        yield
    finally:
        _core.set_thread_limit(before)


def _checked(threads: int | None) -> int:
    """The number as the engine takes it: 0 for None."""
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads must be a positive int or None. Received: threads={threads!r}")
    return threads or 0


def instruction_set() -> str:
    """The instruction set of the kernels in use; the variable ``PRONGHORN_ISA`` forces one."""
    return _core.isa()
