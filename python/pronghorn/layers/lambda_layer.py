# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pronghorn.layers.layer import Layer
from pronghorn.layers.shapes import map_shape_leaves


class Lambda(Layer):
    """A function of tensors as a layer.

    A named function can be stored in a file; a `lambda` cannot, and one that Keras stored (as
    bytecode) is refused. A subclass of `Layer` is often the better choice.

    Args:
        function: takes the input, and `mask` or `training` if it has arguments of these names.
        output_shape: of a sample, or a function of the input shape (with the batch); needed only if
            the function cannot be traced.
        mask: of the output, or a function (inputs, mask) that returns it.
        arguments: further keyword arguments of the function.

    Raises:
        ValueError: function is not callable.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Lambda(lambda x: 2 * x)(np.ones((1, 2))).numpy().tolist()
    [[2.0, 2.0]]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(f"function must be callable. Received: function={function!r}")
        self.function, self.mask = function, mask
        self.output_shape = tuple(output_shape) if isinstance(output_shape, list) else output_shape
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self._passed_on = {"mask", "training"} & set(inspect.signature(function).parameters)

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        given = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{k: given[k] for k in self._passed_on})

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self.output_shape):
            return self.output_shape(input_shape)
        batch: list[Any] = []
        map_shape_leaves(lambda shape: batch.append(shape[0]), input_shape)
        return map_shape_leaves(lambda shape: (batch[0], *shape), self.output_shape)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("function", "output_shape", "mask"):
            if config[name] is None:
                del config[name]
            elif isinstance(config[name], str):  # the name of a function of ours
                form = {"module": "builtins", "class_name": "function", "config": config[name]}
                config[name] = form | {"registered_name": "function"}
        return config
