# SPDX-License-Identifier: Apache-2.0
"""A trace: the graph that ops record into, and the scope in which they do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pronghorn import _core

if TYPE_CHECKING:
    from pronghorn.backend.tensor import Tensor
    from pronghorn.backend.variable import Variable


class NoValueError(RuntimeError):
    """Code that is traced looks at the value of a tensor, which has none yet."""


class _Scopes(threading.local):
    trace: Trace | None = None
    recorders: tuple[Any, ...] = ()  # tapes of this trace, or of what runs at once


_scopes = _Scopes()

_SMALL = 2**16  # bytes of constants that are compared, so that equal nodes become one


def current_trace() -> Trace | None:
    """The trace that ops record into on this thread, or None: ops then run at once."""
    return _scopes.trace


def recorders() -> tuple[Any, ...]:
    """The gradient tapes that record what is computed on this thread."""
    return _scopes.recorders


def start_recording(tape: Any) -> None:
    """Let a tape know of everything that is computed on this thread from now on."""
    _scopes.recorders = (*_scopes.recorders, tape)


def stop_recording(tape: Any) -> None:
    """The end of it."""
    _scopes.recorders = tuple(t for t in _scopes.recorders if t is not tape)


@contextmanager
def init_scope() -> Iterator[None]:
    """A scope outside of any trace or tape: what is computed here has values."""
    outer = _scopes.trace, _scopes.recorders
    _scopes.trace, _scopes.recorders = None, ()
    try:
        yield
    finally:
        _scopes.trace, _scopes.recorders = outer


class Trace:
    """Records ops instead of running them, while it is entered as a context.

    Args:
        abstract: dims of inputs may be None; for finding out shapes only.

    Attributes:
        watched: a loss whose becoming NaN or infinite is to be found out; see `compile`.

    Example:

    >>> from pronghorn import ops
    >>> from pronghorn.backend import Trace
    >>> import numpy as np
    >>> with Trace() as trace:
    ...     x = trace.input((2,), "float32")
    ...     program = trace.compile([ops.square(x)])
    >>> program.run([np.array([3.0, 4.0])])[0].tolist()
    [9.0, 16.0]
    """

    def __init__(self, abstract: bool = False) -> None:
        self.graph = _core.Graph()
        self.abstract = abstract
        self.watched: Tensor | None = None
        self._outer: tuple[Trace | None, tuple[Any, ...]] = (None, ())
        self._constants: dict[Any, tuple[Any, int]] = {}  # array, or what is in it -> node
        self._separate: set[int] = set()

    def __reduce__(self) -> tuple[type[Trace], tuple[bool]]:
        """A copy is empty: tensors that a model keeps from when it was traced mean nothing."""
        return Trace, (self.abstract,)

    def __enter__(self) -> Trace:
        self._outer = _scopes.trace, _scopes.recorders
        _scopes.trace, _scopes.recorders = self, ()
        return self

    def __exit__(self, *exc: object) -> None:
        _scopes.trace, _scopes.recorders = self._outer

    def input(self, shape: Sequence[int | None], dtype: str = "float32") -> Tensor:
        """A tensor that is fed at run time, in the order of creation."""
        from pronghorn.backend.tensor import Tensor

        if not self.abstract and None in shape:
            raise ValueError(f"shape must be known outside of an abstract trace. Received: {shape}")
        dims = [-1 if d is None else int(d) for d in shape]
        return Tensor.traced(self, self.graph.input(dims, dtype))

    def gradients(
        self,
        loss: Tensor,
        wrt: Sequence[Tensor | Variable],
        leaves: Sequence[Tensor] = (),
    ) -> list[Tensor | None]:
        """d loss / d each of `wrt`; None where the loss does not depend on it.

        Args:
            loss: a floating-point scalar.
            wrt: tensors and variables.
            leaves: tensors of which it does not count what they are computed from.
        """
        from pronghorn.backend.tensor import Tensor

        nodes, ends = [self.node(x) for x in wrt], [self.node(x) for x in leaves]
        found = self.graph.gradients(self.node(loss), nodes, ends)
        return [None if node < 0 else Tensor.traced(self, node) for node in found]

    def compile(
        self,
        outputs: Sequence[Tensor] = (),
        keeps_memory: bool = True,
        watched: Sequence[Variable] | None = None,
    ) -> _core.Program:
        """The program that computes `outputs` and makes the recorded assignments.

        Args:
            outputs: traced here.
            keeps_memory: whether the working memory of a run is kept for the next.
            watched: variables that a run is to leave finite. The first output is then a loss, and a
                run finds out where it comes from when one of them or the loss is not finite.
        """
        nodes = [self.node(x) for x in outputs]
        storages = None if watched is None else [v.storage for v in watched]
        return _core.Program(self.graph, nodes, keeps_memory, storages)

    def node(self, value: Any, dtype: str | None = None) -> int:
        """The node of a tensor, a variable, an array or a number in this trace."""
        if getattr(value, "trace", None) is self:  # most are, and need no import
            return value.node
        if isinstance(value, (bool, int, float)) and dtype is not None:
            return self.graph.scalar(float(value), dtype)
        from pronghorn.backend.tensor import Tensor, convert_to_tensor
        from pronghorn.backend.variable import Variable

        if isinstance(value, Variable):
            return self.graph.read(value.storage)
        if isinstance(value, Tensor) and value.trace is not None:
            raise ValueError(
                "a tensor of one trace was used in another: a layer or function kept a tensor "
                f"of an earlier call. Received: {value!r}"
            )
        tensor = convert_to_tensor(value, dtype)
        array = tensor.numpy()
        if id(array) not in self._constants:
            small = array.nbytes <= _SMALL
            content = (tensor.dtype, array.shape, array.tobytes()) if small else id(array)
            if content not in self._constants:
                self._constants[content] = array, self.graph.constant(array, tensor.dtype)
            self._constants[id(array)] = array, self._constants[content][1]
        return self._constants[id(array)][1]

    def separate(self, tensor: Tensor) -> None:
        """Give a tensor with values a node that none with equal values shares from now on."""
        array = tensor.numpy()
        if id(array) not in self._separate:
            self._separate.add(id(array))
            self._constants[id(array)] = array, self.graph.constant(array, tensor.dtype)
