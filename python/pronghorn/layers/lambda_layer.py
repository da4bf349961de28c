# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pronghorn._object_form import function_form, serialize
from pronghorn.layers.layer import Layer
from pronghorn.layers.shapes import map_shape_leaves
from pronghorn.saving.registry import get_registered_object


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
        storable = copy.copy(self)
        for name in _FUNCTIONS:
            setattr(storable, name, _as_stored(getattr(self, name)))
        config = Layer.get_config(storable)
        return {k: v for k, v in config.items() if k not in _FUNCTIONS or v is not None}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """A layer from `get_config()`.

        A Python lambda comes from the custom objects: the function under the name of the layer, a
        mask under `name/mask`.

        Raises:
            ValueError: there is code, and no such custom object.
        """
        config = dict(config)
        old_kinds = {n: config.pop(f"{n}_type", None) for n in _FUNCTIONS}  # of Keras 2
        for name, kind in old_kinds.items():
            config.pop("module" if name == "function" else f"{name}_module", None)
            value = config.get(name)
            is_code = isinstance(value, Mapping) and value.get("class_name") == "__lambda__"
            if (is_code or kind == "lambda") and name == "output_shape":
                del config[name]  # is found by tracing
            elif is_code or kind == "lambda":
                config[name] = _given_instead(config.get("name"), name)
            elif kind == "function" and isinstance(value, str):
                config[name] = function_form(value)
        return super().from_config(config)


_FUNCTIONS = ("function", "output_shape", "mask")


def _as_stored(value: Any) -> Any:
    """A function as it stands in files, where serializing alone does not lead there."""
    if not callable(value):
        return value
    if getattr(value, "__name__", "") == "<lambda>":
        import marshal
        from base64 import b64encode

        code = b64encode(marshal.dumps(value.__code__)).decode("ascii")
        closure = [cell.cell_contents for cell in value.__closure__ or ()]
        stored = {"code": code, "defaults": value.__defaults__, "closure": closure or None}
        return {"class_name": "__lambda__", "config": stored}
    stored = serialize(value)
    return function_form(stored) if isinstance(stored, str) else stored  # a function of ours


def _given_instead(name: Any, argument: str) -> Any:
    key = name if argument == "function" else f"{name}/{argument}"
    found = get_registered_object(key) if isinstance(name, str) else None
    if found is None:
        raise ValueError(
            f"Layer {name!r} holds a Python lambda as bytecode. It is not loaded: that would run "
            "code out of a file. Keras asks for `safe_mode=False` or "
            "`keras.config.enable_unsafe_deserialization()`; here neither makes a difference. Pass "
            f"the function itself instead: `load_model(..., custom_objects={{{key!r}: function}})`."
        )
    return found
