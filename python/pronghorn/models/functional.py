# SPDX-License-Identifier: Apache-2.0
"""Functional: a model made from its inputs and outputs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pronghorn import ops
from pronghorn._configurable import Family
from pronghorn._structure import describe, flatten, pack
from pronghorn.backend import KerasTensor, is_float
from pronghorn.backend.masks import mask_of, with_mask, with_masks
from pronghorn.layers.layer import Layer
from pronghorn.models.graph import Graph, from_input_layers
from pronghorn.models.model import Model
from pronghorn.models.preprocessing import Prepared, Preprocessing

FUNCTIONAL = Family(
    "model", "keras.src.models.functional", functions_first=False, is_registered=True
)


class Functional(Model, family=FUNCTIONAL):
    """What `Model(inputs, outputs)` returns.

    Attributes:
        inputs, outputs: the tensors, as a flat list.
        input_names, output_names: of the layers behind them; keys, where dicts were given.
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str | None = None,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        for tensor in flatten([inputs, outputs]):
            if not isinstance(tensor, KerasTensor):
                raise ValueError(
                    "inputs must come from `Input`, and outputs from layers called on them. "
                    f"Received: {type(tensor).__name__} {tensor!r}"
                )
        flat_inputs, flat_outputs = flatten(inputs), flatten(outputs)
        if not flat_inputs or not flat_outputs:
            raise ValueError(f"A model needs inputs and outputs. Received: {inputs}, {outputs}")
        if len(set(map(id, flat_inputs))) < len(flat_inputs):
            raise ValueError(f"Each input can be given once. Received: inputs={inputs}")
        self.inputs, self.outputs = from_input_layers(flat_inputs, flat_outputs)
        self._inputs_struct = pack(inputs, self.inputs)
        self._outputs_struct = pack(outputs, self.outputs)
        graph = Graph(self.inputs, self.outputs)
        self._operations, layers = graph.running_order, graph.layers
        if self.on_arrays:
            self._preprocessing = Preprocessing(self.inputs, graph.nodes, self.outputs)
        repeated = [n for n, count in Counter(layer.name for layer in layers).items() if count > 1]
        if repeated:
            raise ValueError(f"The names of layers must be unique. Used more than once: {repeated}")
        Layer.__init__(self, name=name or _auto_name(self), trainable=trainable, **kwargs)
        self._layers = layers
        self.input_names = _names(self._inputs_struct, self.inputs)
        self.output_names = _names(self._outputs_struct, self.outputs)
        self.built = True
        if not trainable:
            self.trainable = False

    @property
    def on_arrays(self) -> bool:  # type: ignore[override]
        """Whether layers for strings are among its own, which work on arrays."""
        return any(node.layer.on_arrays for node in self._operations)

    @property
    def layers(self) -> list[Layer]:
        """All layers, the inputs included, by distance from the outputs."""
        return list(self._layers)

    def build(self, input_shape: Any = None) -> None:
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if isinstance(inputs, Prepared):
            assert self._preprocessing is not None
            tensors, given = self._preprocessing.results, list(inputs)
        else:
            tensors, given = self.inputs, self._in_order(with_masks(inputs, mask))
        values = {id(tensor): value for tensor, value in zip(tensors, given, strict=True)}
        for node in self._operations:
            if isinstance(inputs, Prepared) and self._preprocessing.has_run(node):
                continue
            results = flatten(node.run(values))
            for tensor, value in zip(flatten(node.outputs), results, strict=True):
                values[id(tensor)] = value
        outputs = [values[id(t)] for t in self.outputs]
        alone = isinstance(self._outputs_struct, list | tuple) and len(self._outputs_struct) == 1
        return outputs[0] if alone and len(outputs) == 1 else pack(self._outputs_struct, outputs)

    def _in_order(self, inputs: Any) -> list[Any]:
        """The given tensors in the order of `inputs`, in their dtypes and ranks."""
        if isinstance(inputs, dict) and not isinstance(self._inputs_struct, dict):
            missing = [name for name in self.input_names if name not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r} needs the inputs {self.input_names}. Missing: {missing}"
                )
            given = [inputs[name] for name in self.input_names]
        elif isinstance(inputs, dict) and isinstance(self._inputs_struct, dict):
            given = flatten({k: inputs[k] for k in self._inputs_struct if k in inputs})
        else:
            given = flatten(inputs)
        if len(given) != len(self.inputs):
            raise ValueError(
                f"Model {self.name!r} takes {len(self.inputs)} input(s) "
                f"{describe(self._inputs_struct)}: {self.input_names}. Received: {len(given)}"
            )
        return [self._fitted(t, x) for t, x in zip(self.inputs, given, strict=True)]

    def _fitted(self, tensor: KerasTensor, x: Any) -> Any:
        if tensor.dtype == "string":
            return x
        mask = mask_of(x)
        if len(x.shape) == len(tensor.shape) - 1 and tensor.shape[-1] == 1:
            x = ops.expand_dims(x, -1)
        elif len(x.shape) == len(tensor.shape) + 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, -1)
        known = all(
            a in (b, None) or b is None for a, b in zip(tensor.shape[1:], x.shape[1:], strict=False)
        )
        if len(x.shape) != len(tensor.shape) or not known:
            raise ValueError(
                f"Input {tensor.name!r} of model {self.name!r}: expected shape {tensor.shape}, "
                f"but received input with shape {tuple(x.shape)}"
            )
        if x.dtype != tensor.dtype and (is_float(tensor.dtype) or not is_float(x.dtype)):
            x = ops.cast(x, tensor.dtype)
        return with_mask(x, mask)

    @property
    def input(self) -> Any:
        """The input tensor, or the list, tuple or dict of them."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The output tensor, or the list, tuple or dict of them."""
        return self._outputs_struct

    def get_build_config(self) -> None:
        """Nothing: making the model builds it."""

    def get_config(self) -> dict[str, Any]:
        """The layers and their calls as plain data."""
        from pronghorn.models.functional_config import config_of

        return config_of(self)

    @classmethod
    def _from_config(cls, config: Any) -> Any:
        from pronghorn.models.functional_config import graph_of

        inputs, outputs = graph_of(config)
        trainable = config.get("trainable", True)
        return cls(inputs, outputs, name=config.get("name"), trainable=trainable)


FUNCTIONAL.add(Functional)


def _auto_name(model: Functional) -> str:
    from pronghorn._configurable import to_snake_case
    from pronghorn.backend.naming import auto_name

    return auto_name(to_snake_case(type(model).__name__))


def _names(structure: Any, tensors: list[KerasTensor]) -> list[str]:
    if isinstance(structure, dict) and all(isinstance(v, KerasTensor) for v in structure.values()):
        return sorted(structure)
    return [t.node.layer.name if t.node else t.name for t in tensors]
