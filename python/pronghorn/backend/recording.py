# SPDX-License-Identifier: Apache-2.0
"""What a gradient tape remembers, and the program that computes gradients from it.

Each op that runs under a tape is remembered as a `Call`: which function made which tensors from
which. Gradients are those of the engine: the calls that lead from the sources to the target are
traced, their gradients are added to the trace, and the program is compiled once for each shape of
the calculation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pronghorn import _core
from pronghorn.backend.tensor import Tensor
from pronghorn.backend.trace import Trace, current_trace, recorders


class Call(NamedTuple):
    """outputs = function(inputs, *arguments), which can be traced again from other inputs."""

    function: Callable[..., Sequence[Tensor]]
    arguments: tuple[Hashable, ...]
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]


class Gradients(NamedTuple):
    """A calculation of gradients, without the values it begins with: equal ones share a program.

    Tensors are numbered: first the given ones, then the outputs of the calls, then the gradients
    of the targets.

    Attributes:
        given: number of given tensors.
        calls: (function, arguments, numbers of the inputs, number of outputs) of each.
        targets: numbers of the tensors to differentiate, each with whether its gradient is given.
        sources: for each source the numbers of the tensors it stands for.
    """

    given: int
    calls: tuple[tuple[Any, ...], ...]
    targets: tuple[tuple[int, bool], ...]
    sources: tuple[tuple[int, ...], ...]


def identity(tensor: Tensor, trace: Trace | None) -> int:
    """What copies of a tensor (with another mask) have in common: node, or array of values."""
    return id(tensor.numpy()) if trace is None else trace.node(tensor)


def remember(function: Any, arguments: Any, inputs: Any, outputs: Any) -> None:
    """Tell all tapes that record on this thread about a call."""
    call = Call(function, arguments, inputs, outputs)
    for recorder in recorders():
        recorder._remember(call)


class Recorder:
    """Keeps the calls whose results depend on what is watched.

    Attributes:
        trace: the trace it records in; None if values are computed at once.
        calls: in the order in which they happened.
    """

    def __init__(self) -> None:
        self.trace: Trace | None = current_trace()
        self.calls: list[Call] = []
        self._watched: dict[int, Tensor] = {}  # by identity, with all that depends on it
        self._reads: dict[int, tuple[Any, dict[int, Tensor]]] = {}  # variable -> its tensors
        self._read: set[int] = set()  # identities of all of these: what was assigned is no part

    def watch(self, tensor: Tensor) -> None:
        """Keep what is computed from a tensor."""
        if self.trace is not None and tensor.trace is None:
            self.trace.separate(tensor)
        self._watched[identity(tensor, self.trace)] = tensor

    def watch_read(self, variable: Any, tensor: Tensor) -> None:
        """The same of a tensor that holds the value of a variable."""
        self.watch(tensor)
        _, tensors = self._reads.setdefault(id(variable), (variable, {}))
        key = identity(tensor, self.trace)
        tensors[key] = tensor
        self._read.add(key)

    def variables(self) -> list[Any]:
        """Those whose values were watched."""
        return [variable for variable, _ in self._reads.values()]

    def remember(self, call: Call) -> None:
        """Keep a call if it counts."""
        if any(identity(t, self.trace) in self._watched for t in call.inputs):
            kept = [t for t in call.outputs if t.dtype.startswith("float")]
            self._watched.update((identity(t, self.trace), t) for t in kept)
            if kept:
                self.calls.append(call)

    def gradients(
        self, targets: Sequence[Tensor], given: Sequence[Tensor | None], sources: Sequence[Any]
    ) -> list[Tensor | None]:
        """The gradient of the sum of the targets with respect to each source; None without one.

        Args:
            targets: floating-point tensors.
            given: for each target what to multiply it with before summing, or None.
            sources: tensors and variables.
        """
        tensors = [self._tensors_of(source) for source in sources]
        start = [{identity(t, self.trace): t for t in group} for group in tensors]
        calls = self._between({key for group in start for key in group}, targets)
        made = {identity(t, self.trace) for call in calls for t in call.outputs} - self._read
        numbers: dict[int, int] = {}
        leaves: list[Tensor] = []
        for tensor in [*(t for call in calls for t in call.inputs), *targets]:
            place = identity(tensor, self.trace)
            if place not in made and place not in numbers:
                numbers[place] = len(leaves)
                leaves.append(tensor)
        next_number = len(leaves)
        steps = []
        for call in calls:
            inputs = tuple(numbers[identity(t, self.trace)] for t in call.inputs)
            steps.append((call.function, call.arguments, inputs, len(call.outputs)))
            for tensor in call.outputs:
                numbers.setdefault(identity(tensor, self.trace), next_number)
                next_number += 1
        key = Gradients(
            len(leaves),
            tuple(steps),
            tuple(
                (numbers[identity(t, self.trace)], weight is not None)
                for t, weight in zip(targets, given, strict=True)
            ),
            tuple(tuple(numbers[k] for k in group if k in numbers) for group in start),
        )
        made_tensors = [tensor for call in calls for tensor in call.outputs]
        weights = [weight for weight in given if weight is not None]
        return _run(key, [*leaves, *weights], made_tensors)

    def _tensors_of(self, source: Any) -> list[Tensor]:
        if isinstance(source, Tensor):
            return [source] if identity(source, self.trace) in self._watched else []
        _, tensors = self._reads.get(id(source), (None, {}))
        return list(tensors.values())

    def _between(self, start: set[int], targets: Iterable[Tensor]) -> list[Call]:
        """The calls by which targets depend on what has these identities."""
        reached, forward = set(start), []
        for call in self.calls:
            if any(identity(t, self.trace) in reached for t in call.inputs):
                reached.update(identity(t, self.trace) for t in call.outputs)
                forward.append(call)
        needed, backward = {identity(t, self.trace) for t in targets} - self._read, []
        for call in reversed(forward):
            if any(identity(t, self.trace) in needed for t in call.outputs):
                needed.update({identity(t, self.trace) for t in call.inputs} - self._read)
                backward.append(call)
        return backward[::-1]


def _run(key: Gradients, tensors: list[Tensor], made: list[Tensor]) -> list[Tensor | None]:
    """The gradients from the given tensors, traced or at once; tapes remember it as one call.

    Args:
        key: the calculation.
        tensors: those it begins with.
        made: the outputs of its calls.
    """
    if not key.targets or not any(key.sources):
        return [None] * len(key.sources)
    if current_trace() is not None:
        found = _trace_gradients(tensors, key, made)
    else:
        program, connected = _program(key, tuple((t.shape, t.dtype) for t in tensors))
        values = iter(program.run([t.numpy() for t in tensors]))
        found = [_tensor(next(values)) if yes else None for yes in connected]
    outputs = [gradient for gradient in found if gradient is not None]
    if recorders() and outputs:
        remember(_connected_gradients, (key,), tensors, outputs)
    return found


def _tensor(value: np.ndarray) -> Tensor:
    return Tensor(value, value.dtype.name)


@functools.lru_cache(maxsize=256)
def _program(key: Gradients, signature: tuple[Any, ...]) -> tuple[_core.Program, list[bool]]:
    with Trace() as trace:
        found = _trace_gradients([trace.input(shape, dtype) for shape, dtype in signature], key)
        outputs = [gradient for gradient in found if gradient is not None]
        return trace.compile(outputs), [gradient is not None for gradient in found]


def _trace_gradients(
    tensors: Sequence[Tensor], key: Gradients, made: Sequence[Tensor] | None = None
) -> list[Tensor | None]:
    """Adds the gradients to the trace, and before them the calls if they are not in it yet."""
    from pronghorn import ops

    trace = current_trace()
    assert trace is not None
    leaves, weights = list(tensors[: key.given]), iter(tensors[key.given :])
    values = list(leaves)
    if made is not None:
        values += made
    else:
        for function, arguments, inputs, _ in key.calls:
            values += function([values[i] for i in inputs], *arguments)
    terms = []
    for target, is_weighted in key.targets:
        term = values[target] * next(weights) if is_weighted else values[target]
        terms.append(ops.sum(term) if term.ndim else term)
    total = functools.reduce(ops.add, terms)
    wrt = [values[i] for group in key.sources for i in group]
    partial = iter(trace.gradients(total, wrt, leaves))
    found: list[Tensor | None] = []
    for group in key.sources:
        parts = [p for p in (next(partial) for _ in group) if p is not None]
        found.append(functools.reduce(ops.add, parts) if parts else None)
    return found


def _connected_gradients(tensors: Sequence[Tensor], key: Gradients) -> list[Tensor]:
    return [gradient for gradient in _trace_gradients(tensors, key) if gradient is not None]
