# SPDX-License-Identifier: Apache-2.0
"""The layer calls between the inputs and the outputs of a model."""

from __future__ import annotations

from pronghorn._structure import flatten
from pronghorn.backend import KerasTensor
from pronghorn.layers.input_layer import Input, InputLayer
from pronghorn.layers.layer import Layer
from pronghorn.layers.node import Node


class Graph:
    """What leads from inputs to outputs.

    Args:
        inputs, outputs: tensors.

    Attributes:
        nodes: the calls, each after those it needs, without those that make inputs.
        running_order: the same in the order in which they run.
        layers: by decreasing distance from the outputs, inputs included, as Keras lists them.

    Raises:
        ValueError: an output needs a tensor that is neither an input nor computed from inputs.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: list[KerasTensor]) -> None:
        sources = {id(t): t for t in inputs}
        ordered: list[Node] = []  # with the nodes of inputs
        met: dict[Layer, int] = {}  # layer -> place in the order of a walk back from the outputs
        done: set[int] = set()
        stack = [(t, False) for t in reversed(outputs)]
        while stack:
            tensor, after_its_inputs = stack.pop()
            node, is_source = tensor.node, id(tensor) in sources
            if node is None or (isinstance(node.layer, InputLayer) and not is_source):
                if is_source:
                    continue
                raise ValueError(
                    f"The graph is disconnected: the outputs need the tensor {tensor!r}, which is "
                    f"not among the inputs {[t.name for t in inputs]}"
                )
            if id(node) in done or (is_source and not isinstance(node.layer, InputLayer)):
                continue
            if after_its_inputs or is_source:
                done.add(id(node))
                ordered.append(node)
            met.setdefault(node.layer, len(met))
            if not after_its_inputs and not is_source:
                stack.append((tensor, True))
                stack += [(t, False) for t in reversed(node.inputs)]
        by_depth, self.layers = _by_depth(inputs, ordered, met)
        self.nodes, self.running_order = (
            [node for node in nodes if not isinstance(node.layer, InputLayer)]
            for nodes in (ordered, by_depth)
        )


def _by_depth(
    inputs: list[KerasTensor], ordered: list[Node], met: dict[Layer, int]
) -> tuple[list[Node], list[Layer]]:
    """Calls and layers by decreasing distance from the outputs.

    Ties of layers keep the order of the walk; inputs that nothing uses come first among the
    nearest. A call of a layer counts as being as far away as the farthest call met so far. So Keras
    does it: the order of layers decides the names of weights in files, and that of calls in which
    order a shared layer changes its state.
    """
    node_depth: dict[Node, int] = {}
    layer_depth: dict[Layer, int] = {}
    within = set(ordered)
    for node in reversed(ordered):
        depth = max(node_depth.setdefault(node, 0), layer_depth.get(node.layer, 0))
        layer_depth[node.layer] = node_depth[node] = depth
        for tensor in node.inputs:
            if tensor.node in within:
                node_depth[tensor.node] = max(node_depth.get(tensor.node, 0), depth + 1)
    for tensor in inputs:
        if tensor.node is not None and tensor.node.layer not in layer_depth:
            layer_depth[tensor.node.layer], met[tensor.node.layer] = 0, -1
    return (
        sorted(node_depth, key=lambda node: -node_depth[node]),
        sorted(layer_depth, key=lambda layer: (-layer_depth[layer], met[layer])),
    )


def from_input_layers(
    inputs: list[KerasTensor], outputs: list[KerasTensor]
) -> tuple[list[KerasTensor], list[KerasTensor]]:
    """The same graph with tensors that come from `Input` in the place of other inputs.

    So a model can begin in the middle of another, without the layers before it.
    """

    def is_input(tensor: KerasTensor) -> bool:
        return tensor.node is not None and isinstance(tensor.node.layer, InputLayer)

    if all(map(is_input, inputs)):
        return inputs, outputs
    fresh = [t if is_input(t) else Input(batch_shape=t.shape, dtype=t.dtype) for t in inputs]
    return fresh, replay(inputs, outputs, fresh)


def replay(
    inputs: list[KerasTensor],
    outputs: list[KerasTensor],
    new_inputs: list[KerasTensor],
    copies: dict[Layer, Layer] | None = None,
) -> list[KerasTensor]:
    """The outputs for other inputs, made by the same calls of the same layers or of copies."""
    values = dict(zip(map(id, inputs), new_inputs, strict=True))
    for node in Graph(inputs, outputs).nodes:
        results = flatten(node.run(values, (copies or {}).get(node.layer, node.layer)))
        values |= dict(zip(map(id, flatten(node.outputs)), results, strict=True))
    return [values[id(t)] for t in outputs]
