# SPDX-License-Identifier: Apache-2.0
"""Steps outside of a trace, in loops of the user's own: each is one compiled program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pronghorn.backend import NoValueError, Trace, Variable, convert_to_tensor

_MOST = 64  # programs that are kept: settings may change in every step


class Programs:
    """The compiled steps of one optimizer. A copy or pickle of it starts with none."""

    def __init__(self) -> None:
        self._programs: dict[Any, Any] = {}

    def __reduce__(self) -> tuple[type[Programs], tuple[()]]:
        return Programs, ()

    def run(
        self,
        step: Callable[[list[Any], Sequence[Variable]], None],
        gradients: Sequence[Any],
        variables: Sequence[Variable],
        settings: Any,
    ) -> None:
        """Make a step.

        Args:
            step: changes the variables and the optimizer's state; traced once, or called each time
                if it looks at values.
            gradients: one for each variable.
            variables: held by the optimizer.
            settings: hashable; what else the step depends on.
        """
        tensors = [convert_to_tensor(gradient) for gradient in gradients]
        signature = tuple(
            (id(v), t.shape, t.dtype) for v, t in zip(variables, tensors, strict=True)
        )
        key = signature, settings
        if key not in self._programs:
            if len(self._programs) >= _MOST:
                self._programs.clear()
            self._programs[key] = _compiled(step, tensors, variables)
        program = self._programs[key]
        if program is None:
            step(tensors, variables)
        else:
            program.run([tensor.numpy() for tensor in tensors])


def _compiled(step: Any, tensors: Sequence[Any], variables: Sequence[Variable]) -> Any:
    with Trace() as trace:
        try:
            step([trace.input(t.shape, t.dtype) for t in tensors], variables)
        except NoValueError:
            return None
        return trace.compile()
