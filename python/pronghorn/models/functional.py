# SPDX-License-Identifier: Apache-2.0
"""Functional: a model made from its inputs and outputs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pronghorn import ops
from pronghorn._structure import describe, flatten, pack
from pronghorn.backend import KerasTensor, is_float
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.layer import Layer
from pronghorn.layers.node import Node
from pronghorn.models.model import Model


class Functional(Model):
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
        self._inputs_struct, self._outputs_struct = inputs, outputs
        self.inputs, self.outputs = flatten(inputs), flatten(outputs)
        self._operations = nodes_between(self.inputs, self.outputs)
        layers = in_order_of_depth(self.inputs, self.outputs, self._operations)
        repeated = [n for n, count in Counter(layer.name for layer in layers).items() if count > 1]
        if repeated:
            raise ValueError(f"The names of layers must be unique. Used more than once: {repeated}")
        Layer.__init__(self, name=name or _auto_name(self), trainable=trainable, **kwargs)
        self._layers = layers
        self.input_names = _names(inputs, self.inputs)
        self.output_names = _names(outputs, self.outputs)
        self.built = True
        if not trainable:
            self.trainable = False

    @property
    def layers(self) -> list[Layer]:
        """All layers, the inputs included, by distance from the outputs."""
        return list(self._layers)

    def build(self, input_shape: Any = None) -> None:
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        values = {
            id(tensor): value
            for tensor, value in zip(self.inputs, self._in_order(inputs), strict=True)
        }
        for node in self._operations:
            results = flatten(node.run(values))
            for tensor, value in zip(flatten(node.outputs), results, strict=True):
                values[id(tensor)] = value
        return pack(self._outputs_struct, [values[id(t)] for t in self.outputs])

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
        return x

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError(
            "the configuration of a functional model is not written yet: store its weights with "
            "`save_weights` and build it with the same code"
        )


def _auto_name(model: Functional) -> str:
    from pronghorn._configurable import to_snake_case
    from pronghorn.backend.naming import auto_name

    return auto_name(to_snake_case(type(model).__name__))


def _names(structure: Any, tensors: list[KerasTensor]) -> list[str]:
    if isinstance(structure, dict) and all(isinstance(v, KerasTensor) for v in structure.values()):
        return sorted(structure)
    return [t.node.layer.name if t.node else t.name for t in tensors]


def nodes_between(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> list[Node]:
    """The calls that lead from inputs to outputs, each after those it needs.

    Raises:
        ValueError: an output needs a tensor that is neither an input nor computed from inputs.
    """
    given = {id(t) for t in inputs}
    ordered: list[Node] = []
    done: set[int] = set()
    stack: list[tuple[KerasTensor, bool]] = [(t, False) for t in reversed(outputs)]
    while stack:
        tensor, expanded = stack.pop()
        node = tensor.node
        if id(tensor) in given or (node is not None and id(node) in done):
            continue
        if node is None or isinstance(node.layer, InputLayer):
            raise ValueError(
                f"The graph is disconnected: the outputs need the tensor {tensor!r}, which is not "
                f"among the inputs {[t.name for t in inputs]}"
            )
        if expanded:
            done.add(id(node))
            ordered.append(node)
        else:
            stack.append((tensor, True))
            stack += [(t, False) for t in reversed(node.inputs)]
    return ordered


def in_order_of_depth(
    inputs: list[KerasTensor], outputs: list[KerasTensor], nodes: list[Node]
) -> list[Layer]:
    """Layers by decreasing distance from the outputs, as Keras lists them.

    The distance is that of the layer's farthest call; ties keep the order in which a walk from the
    outputs first meets the layers.
    """
    depth: dict[int, int] = {}  # of nodes
    for node in reversed(nodes):
        own = depth.setdefault(id(node), 0)
        for tensor in node.inputs:
            if tensor.node is not None:
                depth[id(tensor.node)] = max(depth.get(id(tensor.node), 0), own + 1)
    layer_depth: dict[Layer, int] = {}
    for tensor in inputs:  # an input that nothing uses has depth 0
        if tensor.node is not None and id(tensor.node) not in depth:
            layer_depth[tensor.node.layer] = 0
    met: list[Layer] = []

    def meet(tensor: KerasTensor) -> None:
        # Keras's walk lists a layer before those it needs.
        stack = [tensor]
        while stack:
            t = stack.pop()
            if t.node is None:
                continue
            layer = t.node.layer
            if layer not in met:
                met.append(layer)
            if any(t is i for i in inputs) or id(t.node) in walked:
                continue
            walked.add(id(t.node))
            stack += reversed(t.node.inputs)

    walked: set[int] = set()
    for tensor in outputs:
        meet(tensor)
    for node in nodes:
        layer_depth[node.layer] = max(layer_depth.get(node.layer, 0), depth[id(node)])
    for tensor in inputs:
        if tensor.node is not None:
            layer = tensor.node.layer
            layer_depth[layer] = max(layer_depth.get(layer, 0), depth.get(id(tensor.node), 0))
    unused = [layer for layer in layer_depth if layer not in met]
    return sorted(unused + met, key=lambda layer: -layer_depth[layer])
