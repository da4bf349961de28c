# SPDX-License-Identifier: Apache-2.0
"""A functional model as plain data, and back: its layers, and who was called on whose result.

The form is that of Keras 3: a tensor is `[layer name, number of the call of that layer within this
graph, place among the outputs of that call]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn import ops
from pronghorn._object_form import deserialize, serialize
from pronghorn._structure import flatten, map_leaves
from pronghorn.backend import KerasTensor
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.node import Node
from pronghorn.layers.operation import Operation


def config_of(model: Any) -> dict[str, Any]:
    """What `Functional.get_config` returns."""
    from pronghorn.models.functional import Functional

    within = {id(node) for node in model._operations}
    calls = {
        layer.name: [node for node in layer._nodes if id(node) in within] for layer in model.layers
    }
    number = {id(node): n for nodes in calls.values() for n, node in enumerate(nodes)}

    def place(tensor: KerasTensor) -> list[Any]:
        assert tensor.node is not None  # as for every tensor of a graph
        return [tensor.node.layer.name, number.get(id(tensor.node), 0), tensor.index]

    def end(tensor: KerasTensor) -> list[Any]:
        # At the ends of a graph Keras counts the calls of a nested functional model from 1.
        name, call, index = place(tensor)
        return [name, call + isinstance(tensor.node.layer, Functional), index]  # type: ignore[union-attr]

    def argument(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return leaf
        history = {"shape": leaf.shape, "dtype": leaf.dtype, "keras_history": place(leaf)}
        return {"class_name": "__keras_tensor__", "config": history}

    def call(node: Node) -> dict[str, Any]:
        args, kwargs = map_leaves(argument, [list(node.args), dict(node.kwargs)])
        return {"args": serialize(args), "kwargs": serialize(kwargs)}

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [
            serialize(layer)
            | {"name": layer.name, "inbound_nodes": [call(node) for node in calls[layer.name]]}
            for layer in model.layers
        ],
        "input_layers": map_leaves(end, model._inputs_struct),
        "output_layers": map_leaves(end, model._outputs_struct),
    }


def graph_of(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Inputs and outputs of a graph with new layers, made from a config.

    Raises:
        ValueError: a call needs a tensor that nothing makes.
    """
    from pronghorn.models.functional import Functional

    layers = {entry["name"]: deserialize(entry) for entry in config["layers"]}
    made: dict[tuple[str, int], list[KerasTensor]] = {
        (name, 0): [layer.output] for name, layer in layers.items() if isinstance(layer, InputLayer)
    }
    waiting = {entry["name"]: list(entry["inbound_nodes"]) for entry in config["layers"]}

    def tensor(name: str, call: int, index: int) -> KerasTensor:
        return made[name, call][index]

    def end(place: Any) -> Any:
        if isinstance(place, Mapping):
            return {key: end(item) for key, item in place.items()}
        if isinstance(place[0], str):
            name, call, index = place
            return tensor(name, call - isinstance(layers[name], Functional), index)
        return [end(item) for item in place]

    def argument(value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
            return tensor(*value["config"]["keras_history"])
        if isinstance(value, Mapping) and "class_name" not in value:
            return {key: argument(item) for key, item in value.items()}
        return [argument(v) for v in value] if isinstance(value, list) else deserialize(value)

    while any(waiting.values()):
        before = sum(map(len, waiting.values()))
        for name, calls in waiting.items():
            while calls:
                try:
                    args, kwargs = argument(calls[0]["args"]), argument(calls[0]["kwargs"])
                except KeyError:
                    break  # made by a call that comes later in this round, or in the next
                if isinstance(layers[name], Operation) and layers[name].function is ops.get_item:
                    args[1] = tuple(args[1]) if isinstance(args[1], list) else args[1]
                number = sum(known == name for known, _ in made)
                made[name, number] = flatten(layers[name](*args, **kwargs))
                calls.pop(0)
        if sum(map(len, waiting.values())) == before:
            stuck = [name for name, calls in waiting.items() if calls]
            raise ValueError(f"These layers need tensors that nothing makes: {stuck}")
    return end(config["input_layers"]), end(config["output_layers"])
