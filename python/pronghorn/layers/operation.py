# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from pronghorn import ops
from pronghorn.backend.naming import auto_name
from pronghorn.layers.layer import Layer


class Operation(Layer):
    """An op that was called on the tensors of a functional model, as a layer of that model.

    Args:
        function: one of `pronghorn.ops`, or its name.

    Raises:
        ValueError: there is no such op.
    """

    def __init__(
        self, function: Callable[..., Any] | str, name: str | None = None, **kwargs: Any
    ) -> None:
        if isinstance(function, str):
            found = getattr(ops, function, None)
            if not callable(found):
                raise ValueError(f"There is no op {function!r} in pronghorn.ops")
            function = cast(Callable[..., Any], found)
        super().__init__(name=name or auto_name(function.__name__), autocast=False, **kwargs)
        self.function: Callable[..., Any] = function
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"function": self.function.__name__}
