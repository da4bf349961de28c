# SPDX-License-Identifier: Apache-2.0
"""A functional model as plain data, and back: its layers, and who was called on whose result.

The form is that of Keras 3: a tensor is `[layer name, number of the call of that layer within this
graph, place among the outputs of that call]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn import ops
from pronghorn._object_form import calls_before, deserialize, serialize
from pronghorn._structure import flatten, map_leaves
from pronghorn.backend import KerasTensor
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.layer import LAYERS, Layer
from pronghorn.layers.node import tensors_in
from pronghorn.layers.operation import Operation
from pronghorn.models.op_forms import form_of, operation_of

# Beside the calls of a layer that other models in the file have called before: how often. For Keras
# the calls of such a layer, once it is read, count on from model to model, although it does not
# write them so.
_FIRST_CALL = "first_call"


def config_of(model: Any) -> dict[str, Any]:
    """What `Functional.get_config` returns."""
    from pronghorn.models.functional import Functional

    within = {id(node) for node in model._operations}
    calls = {
        layer.name: [node for node in layer._nodes if id(node) in within] for layer in model.layers
    }
    forms = {
        layer.name: serialize(layer) for layer in model.layers if not isinstance(layer, Operation)
    }
    before = {
        layer.name: calls_before(layer, model, len(calls[layer.name])) for layer in model.layers
    }
    number = {
        id(node): n for name, nodes in calls.items() for n, node in enumerate(nodes, before[name])
    }

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

    def call(args: Any, kwargs: Any) -> dict[str, Any]:
        args, kwargs = map_leaves(argument, [list(args), dict(kwargs)])
        return {"args": serialize(args), "kwargs": serialize(kwargs)}

    def entry(layer: Layer) -> dict[str, Any]:
        if isinstance(layer, Operation):
            (node,) = calls[layer.name]
            form, args, kwargs = form_of(layer, node.args, node.kwargs)
            nodes = [call(args, kwargs)]
        else:
            form = forms[layer.name]
            nodes = [call(node.args, node.kwargs) for node in calls[layer.name]]
        first = {_FIRST_CALL: before[layer.name]} if before[layer.name] else {}
        return form | {"name": layer.name, "inbound_nodes": nodes} | first

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [entry(layer) for layer in model.layers],
        "input_layers": map_leaves(end, model._inputs_struct),
        "output_layers": map_leaves(end, model._outputs_struct),
    }


def graph_of(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Inputs and outputs of a graph with new layers, made from a config.

    Raises:
        ValueError: a call needs a tensor that nothing makes.
    """
    return _Replay(config["layers"]).ends(config["input_layers"], config["output_layers"])


class _Replay:
    """Layers of a config, and the calls that it tells of, made as soon as their inputs are there.

    Args:
        entries: forms of layers, each with its `name` and `inbound_nodes`.
    """

    def __init__(self, entries: list[Mapping[str, Any]]) -> None:
        from pronghorn.models.functional import Functional

        self.layers: dict[str, Layer] = {}
        self._shifted: set[str] = set()
        self._before: dict[str, int] = {}
        self._of_op: dict[str, tuple[list[Any], dict[str, Any]]] = {}
        self._made: dict[tuple[str, int], list[KerasTensor]] = {}
        calls: dict[str, list[Any]] = {}
        for entry in entries:
            name = entry["name"]
            op = operation_of(entry)
            layer = op[0] if op else deserialize(entry, family=LAYERS, in_graph=True)
            if not isinstance(layer, Layer) or name in self.layers:
                raise ValueError(f"a graph is made of layers with names of their own: {name!r}")
            self.layers[name], self._of_op[name] = layer, op[1:] if op else ([], {})
            calls[name] = list(entry["inbound_nodes"])
            self._before[name] = entry.get(_FIRST_CALL, 0)
            if isinstance(layer, InputLayer):
                self._made[name, 0] = [layer.output]
            elif isinstance(layer, Functional):
                self._shifted.add(name)
        self._replay(calls)

    def _replay(self, calls: dict[str, list[Any]]) -> None:
        done = dict.fromkeys(calls, 0)
        waiting: dict[tuple[str, int], list[str]] = {}  # tensors -> layers whose next call needs it
        ready = list(reversed(calls))
        while ready:
            name = ready.pop()
            if done[name] == len(calls[name]):
                continue
            call = calls[name][done[name]]
            try:
                args, kwargs = self._argument(call["args"]), self._argument(call["kwargs"])
            except _Missing as missing:
                waiting.setdefault(missing.key, []).append(name)
                continue
            if not tensors_in([args, kwargs]):
                raise ValueError(f"layer {name!r} is called on no tensor of the graph")
            layer = self.layers[name]
            if isinstance(layer, Operation) and layer.function is ops.get_item:
                args[1] = tuple(args[1]) if isinstance(args[1], list) else args[1]
            first, named = self._of_op[name]
            self._made[name, done[name]] = flatten(layer(*first, *args, **kwargs, **named))
            ready += [name, *waiting.pop((name, done[name]), [])]
            done[name] += 1
        stuck = [name for name, number in done.items() if number < len(calls[name])]
        if stuck:
            raise ValueError(f"These layers need tensors that nothing makes: {stuck}")

    def _tensor(self, name: str, call: int, index: int) -> KerasTensor:
        call -= self._before.get(name, 0)
        if (name, call) not in self._made:
            raise _Missing((name, call))
        outputs = self._made[name, call]
        if not 0 <= index < len(outputs):
            raise ValueError(f"layer {name!r} has {len(outputs)} outputs, and not number {index}")
        return outputs[index]

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
            return self._tensor(*value["config"]["keras_history"])
        if isinstance(value, Mapping) and "class_name" not in value:
            return {key: self._argument(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._argument(v) for v in value]
        return deserialize(value)

    def ends(self, *places: Any) -> Any:
        """The tensors for `input_layers` and `output_layers`."""
        # A lone tensor stood in a list before Keras 3.11.
        lone = [p[0] if isinstance(p, list) and len(p) == 1 else p for p in places]
        try:
            return tuple(map(self._end, lone))
        except _Missing as missing:
            raise ValueError(f"the graph has no tensor {list(missing.key)}") from None

    def _end(self, place: Any) -> Any:
        if isinstance(place, Mapping):
            return {key: self._end(item) for key, item in place.items()}
        if isinstance(place[0], str):
            name, call, index = place
            return self._tensor(name, call - (name in self._shifted), index)
        return [self._end(item) for item in place]


class _Missing(LookupError):
    """Nothing has made a tensor yet."""

    def __init__(self, key: tuple[str, int]) -> None:
        super().__init__(key)
        self.key = key
