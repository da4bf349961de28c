# SPDX-License-Identifier: Apache-2.0
"""GradientTape: ops run at once and are remembered, so that they can be differentiated."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pronghorn._structure import flatten, pack
from pronghorn.backend.dtypes import is_float
from pronghorn.backend.keras_tensor import KerasTensor
from pronghorn.backend.recording import Recorder
from pronghorn.backend.tensor import Tensor, convert_to_tensor
from pronghorn.backend.trace import current_trace, start_recording, stop_recording
from pronghorn.backend.variable import Variable


class GradientTape:
    """Remembers what is computed while it is entered as a context, and differentiates it.

    Trainable variables are watched when they are read; tensors and other variables if `watch`
    says so. Inside a `train_step` or `call` that is traced it means the same, and becomes part of
    the compiled step.

    Args:
        persistent: whether gradients can be taken more than once.
        watch_accessed_variables: whether to watch trainable variables by itself.

    Example:
    >>> import pronghorn as keras
    >>> x = keras.Variable(3.0)
    >>> with keras.GradientTape() as tape:
    ...     y = x * x
    >>> float(tape.gradient(y, x))
    6.0

    Tapes can be nested, for derivatives of derivatives:

    >>> x = keras.ops.convert_to_tensor(2.0)
    >>> with keras.GradientTape() as outer:
    ...     outer.watch(x)
    ...     with keras.GradientTape() as inner:
    ...         inner.watch(x)
    ...         y = x**3
    ...     slope = inner.gradient(y, x)
    >>> float(slope), float(outer.gradient(slope, x))
    (12.0, 12.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watches_all = watch_accessed_variables
        self._chosen: dict[int, Variable] = {}
        self._recorder: Recorder | None = None
        self._is_recording = self._is_used = False

    def __enter__(self) -> GradientTape:
        if self._is_recording:
            raise ValueError("Tape is already recording.")
        if self._recorder is None:
            self._recorder = Recorder()
        self._start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

    # -- what is remembered ----------------------------------------------------------------------

    def watch(self, tensor: Any) -> None:
        """Also remember what is computed from these.

        Args:
            tensor: a tensor or variable, or a list, tuple or dict of them.

        Raises:
            TypeError: for anything else, such as a NumPy array.
            RuntimeError: the tape is not recording.
        """
        recorder = self._recorded()
        for leaf in flatten(tensor):
            _check_is_tensor("tensor", leaf)
            if not is_float(leaf.dtype):
                warnings.warn(
                    "Only floating-point tensors have gradients. "
                    f"Received: a tensor of dtype {leaf.dtype} to watch",
                    stacklevel=2,
                )
            elif isinstance(leaf, Variable):
                self._chosen[id(leaf)] = leaf
                recorder.watch_read(leaf, leaf.value)
            else:
                recorder.watch(leaf)

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that have been watched, in the order in which they were first read."""
        return tuple(self._recorder.variables()) if self._recorder is not None else ()

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """A scope in which nothing is remembered."""
        self._recorded()
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forget everything so far; the tape goes on recording."""
        was_recording = self._is_recording
        self._stop()
        self._recorder, self._chosen, self._is_used = Recorder(), {}, False
        if was_recording:
            self._start()

    # -- gradients -------------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = "none",
    ) -> Any:
        """The gradient of the sum of all elements of the target.

        Args:
            target: tensor, or a list, tuple or dict of tensors.
            sources: variables and watched tensors, alone or in lists, tuples or dicts.
            output_gradients: weights of the elements in the sum, in the structure of `target`.
            unconnected_gradients: what to return where the target does not depend on a source:
                "none" for None, "zero" for zeros.

        Returns:
            For each source a tensor of its shape, in the structure of `sources`.

        Raises:
            RuntimeError: the second call on a tape that is not persistent, or a tape that was never
                entered.
            TypeError: for sources or targets that are no tensors.
            ValueError: for an unknown `unconnected_gradients`, or output gradients that do not fit.
        """
        self._finish()
        trace = current_trace()
        if trace is not None and isinstance(target, Tensor) and target.shape == ():
            trace.watched = target  # what training makes small; the last one counts
        found = self._gradient(target, sources, output_gradients, unconnected_gradients)
        self._is_used = True
        return found

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The gradient of each element of the target.

        Args:
            target: tensor.
            sources, unconnected_gradients: as for `gradient`.
            parallel_iterations, experimental_use_pfor: accepted for TensorFlow's sake.

        Returns:
            For each source a tensor of the target's shape followed by the source's.

        Raises:
            As `gradient`.

        Example:
        >>> import pronghorn as keras
        >>> x = keras.Variable([1.0, 2.0])
        >>> with keras.GradientTape() as tape:
        ...     y = x * x
        >>> tape.jacobian(y, x).numpy().tolist()
        [[2.0, 0.0], [0.0, 4.0]]
        """
        from pronghorn import ops

        self._finish()
        _check_is_tensor("target", target)
        rows = ops.reshape(ops.eye(target.size, dtype=target.dtype), (-1, *target.shape))
        return self._stacked(target, sources, rows, 0, unconnected_gradients, target.shape)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The Jacobian of each row, where each row of the target depends on its own source row.

        Args:
            target: tensor `(n, ...)`.
            source: tensor `(n, ...)`.
            unconnected_gradients: as for `gradient`.
            parallel_iterations, experimental_use_pfor: accepted for TensorFlow's sake.

        Returns:
            A tensor `(n, *target.shape[1:], *source.shape[1:])`.

        Raises:
            ValueError: the first axes differ. Otherwise as `gradient`.
        """
        from pronghorn import ops

        self._finish()
        for name, tensor in (("target", target), ("source", source)):
            _check_is_tensor(name, tensor)
        if not target.ndim or not source.ndim or target.shape[0] != source.shape[0]:
            raise ValueError(
                "`target` and `source` must have first axes of one length. "
                f"Received: target of shape {target.shape}, source of shape {source.shape}"
            )
        columns = ops.eye(target.size // target.shape[0], dtype=target.dtype)
        each = ops.reshape(columns, (-1, 1, *target.shape[1:]))
        weights = ops.broadcast_to(each, (each.shape[0], *target.shape))
        return self._stacked(target, source, weights, 1, unconnected_gradients, target.shape)

    def _stacked(
        self, target: Any, sources: Any, weights: Any, axis: int, unconnected: Any, shape: Any
    ) -> Any:
        """The gradients for each of the weights of the elements, as axes of the target's shape."""
        from pronghorn import ops

        rows = [
            _flatten_all(self._gradient(target, sources, weights[i], unconnected), sources)
            for i in range(weights.shape[0])
        ]

        def joined(parts: tuple[Any, ...]) -> Any:
            if parts[0] is None:
                return None
            source_shape = tuple(parts[0].shape)[axis:]
            return ops.reshape(ops.stack(list(parts), axis), (*shape, *source_shape))

        self._is_used = True
        return pack(sources, [joined(parts) for parts in zip(*rows, strict=True)])

    def _gradient(self, target: Any, sources: Any, weights: Any, unconnected: Any) -> Any:
        from pronghorn import ops

        unconnected = getattr(unconnected, "value", unconnected)  # TensorFlow has an enum
        if unconnected not in ("none", "zero"):
            raise ValueError(
                "`unconnected_gradients` must be 'none' or 'zero'. "
                f"Received: unconnected_gradients={unconnected!r}"
            )
        leaves = flatten(sources)
        for leaf in leaves:
            _check_is_tensor("sources", leaf)
        targets, given = _with_weights(target, weights)
        assert self._recorder is not None
        found: list[Any] = list(self._recorder.gradients(targets, given, leaves))
        if unconnected == "zero":
            found = [
                ops.zeros(source.shape, source.dtype) if gradient is None else gradient
                for gradient, source in zip(found, leaves, strict=True)
            ]
        return pack(sources, found)

    # -- recording -------------------------------------------------------------------------------

    def _read(self, variable: Variable, tensor: Tensor) -> None:
        """A variable is read while the tape records."""
        wanted = (self._watches_all and variable.trainable) or id(variable) in self._chosen
        if wanted and is_float(variable.dtype):
            self._recorded().watch_read(variable, tensor)

    def _remember(self, call: Any) -> None:
        """Something is computed while the tape records."""
        self._recorded().remember(call)

    def _recorded(self) -> Recorder:
        if self._recorder is None or not self._is_recording:
            raise RuntimeError(
                "The tape is not recording: use it in its context, `with GradientTape() as tape:`."
            )
        return self._recorder

    def _start(self) -> None:
        assert self._recorder is not None
        if self._recorder.trace is not current_trace():
            raise RuntimeError("A tape cannot go on in another traced computation.")
        start_recording(self)
        self._is_recording = True

    def _stop(self) -> None:
        if self._is_recording:
            stop_recording(self)
            self._is_recording = False

    def _finish(self) -> None:
        """Before gradients are taken; a tape that is good for one time records no more."""
        if self._recorder is None:
            raise RuntimeError(
                "The tape has recorded nothing: use it in its context, "
                "`with GradientTape() as tape:`."
            )
        if self._is_used and not self._persistent:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or Jacobians): make it with `GradientTape(persistent=True)`."
            )
        if not self._persistent:
            self._stop()


def _flatten_all(gradients: Any, sources: Any) -> list[Any]:
    """The leaves of gradients in the structure of the sources, of which some may be None."""
    if isinstance(sources, dict):
        keys = sorted(sources)
        return [g for key in keys for g in _flatten_all(gradients[key], sources[key])]
    if isinstance(sources, list | tuple):
        pairs = zip(gradients, sources, strict=True)
        return [g for gradient, source in pairs for g in _flatten_all(gradient, source)]
    return [] if sources is None else [gradients]


def _with_weights(target: Any, weights: Any) -> tuple[list[Tensor], list[Tensor | None]]:
    """The tensors to differentiate, as far as they have gradients, and what weighs them."""
    targets = flatten(target)
    given = _flatten_all(weights, target) if weights is not None else [None] * len(targets)
    kept = []
    for one, weight in zip(targets, given, strict=True):
        _check_is_tensor("target", one)
        if weight is not None:
            weight = convert_to_tensor(weight, one.dtype)
            if tuple(weight.shape) != tuple(one.shape):
                raise ValueError(
                    "`output_gradients` must have the shapes of `target`. "
                    f"Received: {tuple(weight.shape)} for a target of shape {tuple(one.shape)}"
                )
        if is_float(one.dtype):
            kept.append((convert_to_tensor(one), weight))
    return [one for one, _ in kept], [weight for _, weight in kept]


def _check_is_tensor(argument: str, value: Any) -> None:
    if isinstance(value, KerasTensor):
        raise TypeError(
            f"`{argument}` must have values: a tape does not work on the tensors of a functional "
            f"model. Received: {value!r}"
        )
    if not isinstance(value, Tensor | Variable):
        raise TypeError(
            f"`{argument}` must be a tensor or a variable (`ops.convert_to_tensor` makes one), or "
            f"a list, tuple or dict of them. Received: {type(value).__name__} {value!r}"
        )
