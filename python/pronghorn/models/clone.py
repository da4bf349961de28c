# SPDX-License-Identifier: Apache-2.0
"""clone_model: the same layers again, with weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn._structure import flatten, pack
from pronghorn.layers.input_layer import InputLayer
from pronghorn.layers.lambda_layer import Lambda
from pronghorn.layers.layer import Layer
from pronghorn.layers.operation import Operation
from pronghorn.models.functional import Functional
from pronghorn.models.graph import replay
from pronghorn.models.model import Model
from pronghorn.models.sequential import Sequential
from pronghorn.saving.registry import CustomObjectScope


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
) -> Any:
    """A model of the same structure with new, freshly initialized weights.

    Args:
        model: sequential, functional, or of a class with `get_config`.
        input_tensors: to begin with, instead of new inputs.
        clone_function: makes the copy of a layer; from its config by default.

    Raises:
        ValueError: `input_tensors` or `clone_function` for a model of another kind.

    Example:

    >>> import pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> keras.models.clone_model(model).count_params()
    15
    """

    def copy(layer: Layer) -> Layer:
        if isinstance(layer, Operation):  # has no state
            return layer
        if clone_function is not None and not isinstance(layer, InputLayer):
            return clone_function(layer)
        if isinstance(layer, Sequential | Functional):
            return clone_model(layer)
        own = {layer.name: layer.function} if isinstance(layer, Lambda) else {}
        with CustomObjectScope(own):
            return type(layer).from_config(layer.get_config())

    if isinstance(model, Sequential):
        made = {layer: copy(layer) for layer in model._layers}  # a layer may be there twice
        layers = [made[layer] for layer in model._layers]
        if input_tensors is not None:
            layers = [*flatten(input_tensors), *(x for x in layers if type(x) is not InputLayer)]
        return Sequential(layers, name=model.name)
    if isinstance(model, Functional):
        copies = {layer: copy(layer) for layer in model.layers}
        new_inputs = (
            flatten(input_tensors)
            if input_tensors is not None
            else [
                copies[tensor.node.layer].output
                for tensor in model.inputs
                if tensor.node is not None
            ]
        )
        outputs = replay(model.inputs, model.outputs, new_inputs, copies)
        inputs = pack(model._inputs_struct, new_inputs)
        return Functional(inputs, pack(model._outputs_struct, outputs), name=model.name)
    if input_tensors is not None or clone_function is not None:
        raise ValueError(
            "`input_tensors` and `clone_function` are for sequential and functional models. "
            f"Received: a {type(model).__name__}"
        )
    return type(model).from_config(model.get_config())
