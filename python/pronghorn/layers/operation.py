# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.layers.layer import Layer


class Operation(Layer):
    """An op that was called on the tensors of a functional model, as a layer of that model.

    Args:
        function: one of `pronghorn.ops`.
    """

    def __init__(
        self, function: Callable[..., Any], name: str | None = None, **kwargs: Any
    ) -> None:
        from pronghorn.backend.naming import auto_name

        super().__init__(
            name=name or auto_name(function.__name__.lstrip("_")), autocast=False, **kwargs
        )
        self.function = function
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)
