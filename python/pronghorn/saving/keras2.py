# SPDX-License-Identifier: Apache-2.0
"""Configs of Keras 2 and older, as Keras 3 would have written them.

They lack modules, spell some arguments otherwise, and tell the calls of a graph in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn._object_form import function_form
from pronghorn.saving.registry import get_custom_objects, get_registered_object

# Classes that are no layers but may stand where layers do.
_MODULES = {
    "Sequential": "keras",
    "Functional": "keras.src.models.functional",
}
# Ops of TensorFlow in a graph, where they are called otherwise than in Keras.
_OPS = {
    "concat": "concatenate",
    "neg": "negative",
    "pow": "power",
    "getitem": "get_item",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_sum": "sum",
    "truediv": "true_divide",
}
_SECOND = ("y", "slice_spec")  # what the second operand of such ops is called


def modern_form(form: Any) -> Any:
    """A layer or model, and all in it, in the form of Keras 3."""
    if isinstance(form, list):
        return [modern_form(item) for item in form]
    if not isinstance(form, Mapping):
        return form
    name = form.get("class_name")
    if name in ("__tuple__", "TensorShape") and "items" in form:
        return modern_form(form["items"])
    if not isinstance(name, str) or "config" not in form:
        return {key: modern_form(value) for key, value in form.items()}
    config = modern_form(form["config"])
    if isinstance(config, list):  # the layers of a Sequential, until Keras 2.2
        config = {"layers": config}
    if not isinstance(config, dict):
        return {**form, "config": config}
    if name == "Model" and "input_layers" in config:
        name = "Functional"
    changed = {
        key: modern_form(v) for key, v in form.items() if key not in ("class_name", "config")
    }
    changed |= {"class_name": name, "config": _arguments(name, config)}
    compile_config = changed.get("compile_config")
    if isinstance(compile_config, dict) and "optimizer" in compile_config:
        compile_config["optimizer"] = modern_optimizer(compile_config["optimizer"])
    if "module" not in form:
        changed |= _found(name)
    if name == "Sequential":
        _with_input(config)
    if _is_old_graph(config):
        _modern_graph(config)
    return changed


def _found(name: str) -> dict[str, Any]:
    """Where a class is that comes without a module."""
    if get_registered_object(name) is not None:
        return {}
    ours = [known for known in get_custom_objects() if known.endswith(f">{name}")]
    if len(ours) == 1:  # a model on top of a file stands there without its package
        return {"registered_name": ours[0]}
    return {"module": _MODULES[name]} if name in _MODULES else {}


def _arguments(cls: str, config: dict[str, Any]) -> dict[str, Any]:
    if cls == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if cls == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if cls == "Embedding":
        config.pop("input_length", None)
    inner = config.get("layer")
    if isinstance(inner, dict) and "class_name" in inner:  # of a wrapper
        inner.setdefault("module", "keras.layers")
    return config


def _with_input(config: dict[str, Any]) -> None:
    """A first layer that tells the shape of its input gets an InputLayer in front of it."""
    layers = config.get("layers")
    for number, layer in enumerate(layers if isinstance(layers, list) else []):
        inner = layer.get("config") if isinstance(layer, dict) else None
        shape = inner.pop("batch_input_shape", None) if isinstance(inner, dict) else None
        if number == 0 and shape is not None and "build_input_shape" not in config:
            config["build_input_shape"] = shape


# -- graphs ----------------------------------------------------------------------------------------


def _is_old_graph(config: Mapping[str, Any]) -> bool:
    layers = config.get("layers")
    if "input_layers" not in config or not isinstance(layers, list):
        return False
    nodes = [node for layer in layers for node in layer.get("inbound_nodes", [])]
    return any(isinstance(node, list) for node in nodes)


def _modern_graph(config: dict[str, Any]) -> None:
    layers = config["layers"]
    for layer in layers:
        layer["config"].pop("batch_input_shape", None)
        if layer["class_name"] in ("TFOpLambda", "SlicingOpLambda"):
            function = layer["config"].get("function", "getitem").rpartition(".")[2]
            layer["module"], layer["class_name"] = (
                "keras.src.ops.numpy",
                _OPS.get(function, function),
            )
            layer["config"] = {"name": layer["config"].get("name")}
    shifts = _shifts(config)

    def tensor(place: list[Any]) -> dict[str, Any]:
        name, node, index = place[:3]
        history = [name, node - shifts.get(name, 0), index]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}

    def argument(value: Any) -> Any:
        if _is_place(value):
            return value[2] if value[0] == "_CONSTANT_VALUE" else tensor(value)
        if isinstance(value, list):
            return [argument(item) for item in value]
        if isinstance(value, dict) and "class_name" not in value:
            return {key: argument(item) for key, item in value.items()}
        return value

    def call(node: list[Any]) -> dict[str, Any]:
        places = [node] if _is_place(node) else node
        kwargs = dict(places[0][3]) if len(places[0]) > 3 else {}
        first = [argument(place[:3]) for place in places]
        kwargs = {k: argument(v) for k, v in kwargs.items() if k != "name"}
        second = [kwargs.pop(key) for key in _SECOND if key in kwargs]
        return {"args": [first[0] if len(first) == 1 else first, *second], "kwargs": kwargs}

    for layer in layers:
        layer["inbound_nodes"] = [call(node) for node in layer.get("inbound_nodes", [])]
    # The ends of a graph count the calls of a functional model from 1 in Keras 3 too.
    kinds = {layer["name"]: layer["class_name"] for layer in layers}
    for ends in ("input_layers", "output_layers"):
        config[ends] = [
            [name, node - shifts.get(name, 0) + (kinds.get(name) == "Functional"), index]
            for name, node, index in config[ends]
        ]


def _shifts(config: Mapping[str, Any]) -> dict[str, int]:
    """By how much the numbers of the calls of models in a graph are too high."""
    calls = {layer["name"]: len(layer.get("inbound_nodes", [])) for layer in config["layers"]}
    highest: dict[str, int] = {}
    for name, node, *_ in _places(
        [[layer.get("inbound_nodes") for layer in config["layers"]], config["output_layers"]]
    ):
        highest[name] = max(highest.get(name, 0), node)
    return {name: 1 for name, node in highest.items() if node and node == calls.get(name)}


def _places(value: Any) -> list[list[Any]]:
    if _is_place(value):
        return [value[:3], *(p for item in value[3:] for p in _places(item))]
    if isinstance(value, dict):
        value = list(value.values())
    return [p for item in value for p in _places(item)] if isinstance(value, list) else []


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


# -- compile ---------------------------------------------------------------------------------------


def modern_compile_config(training: Mapping[str, Any]) -> dict[str, Any]:
    """The `training_config` of an HDF5 file as arguments of `compile`."""
    config = {key: modern_form(value) for key, value in training.items()}
    optimizer = config.pop("optimizer_config", None)
    config.pop("sample_weight_mode", None)
    if optimizer is not None:
        config["optimizer"] = modern_optimizer(optimizer)
    for key in ("metrics", "weighted_metrics"):
        config[key] = _metrics(config.get(key))
    return config


def modern_optimizer(form: Any) -> Any:
    """An optimizer with the names that its arguments have now."""
    if not isinstance(form, Mapping) or not isinstance(form.get("config"), Mapping):
        return form
    name, config = form.get("class_name"), dict(form["config"])
    if name == "LossScaleOptimizer" and "inner_optimizer" in config:  # for float16, see there
        return modern_optimizer(config["inner_optimizer"])
    if isinstance(name, str) and get_registered_object(name) is None:
        name = name.removeprefix("Custom>")
    for old in ("jit_compile", "is_legacy_optimizer"):
        config.pop(old, None)
    if "lr" in config:
        config["learning_rate"] = config.pop("lr")
    decay = config.pop("decay", None)
    if decay and isinstance(config.get("learning_rate"), float):
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {
                "initial_learning_rate": config["learning_rate"],
                "decay_steps": 1,
                "decay_rate": decay,
            },
            "registered_name": None,
        }
    return {**form, "class_name": name, "config": config}


def _metrics(value: Any) -> Any:
    """Metrics of Keras 2.11 and later: one list per output, with the output's name in front."""
    several = isinstance(value, list) and len(value) > 1 and all(isinstance(v, list) for v in value)

    def modern(item: Any) -> Any:
        if isinstance(item, list):
            return [modern(x) for x in item if x is not None]
        if not isinstance(item, dict) or item.get("class_name") != "MeanMetricWrapper":
            return item
        config = dict(item["config"])
        fn = config.get("fn")
        if not isinstance(fn, str):
            return item
        if several and isinstance(config.get("name"), str):
            config["name"] = config["name"].partition("_")[2] or config["name"]
        config["fn"] = function_form(fn)
        return {"module": "keras.metrics", "class_name": "MeanMetricWrapper", "config": config}

    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return modern(value)


def aligned_state(optimizer: Any, arrays: list[Any], legacy: bool) -> list[Any]:
    """The state of an optimizer of Keras 2 in the order of Keras 3; None for what it did not keep.

    Args:
        optimizer: built.
        arrays: the iteration, and one array per slot and variable.
        legacy: of one of the optimizers until Keras 2.10, which kept all first slots before all
            second ones.
    """
    variables, slots = optimizer.variables, arrays[1:]
    count = len(optimizer._trainable_variables)
    common = len(variables) - 1
    for number in range(1, len(variables)):
        if variables[number].shape != () or variables[number] is not optimizer._learning_rate:
            common = number - 1
            break
    wanted = len(variables) - 1 - common
    if legacy and count and len(slots) % count == 0:
        per_variable = len(slots) // count
        slots = [slots[s * count + v] for v in range(count) for s in range(per_variable)]
    if len(slots) > wanted == 0:  # momentum of an SGD without momentum
        slots = []
    missing = wanted - len(slots)  # Nadam's product of momenta was not a variable
    return [arrays[0], *[None] * common, *slots, *[None] * max(missing, 0)]
