# SPDX-License-Identifier: Apache-2.0
"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pronghorn.backend import KerasTensor, NoValueError
from pronghorn.backend.masks import with_masks
from pronghorn.layers.call_context import name_scope
from pronghorn.layers.input_layer import Input, InputLayer
from pronghorn.layers.layer import LAYERS, Layer
from pronghorn.layers.tracking import unchanged_on_error
from pronghorn.models.functional import Functional
from pronghorn.models.model import Model
from pronghorn.models.preprocessing import Preprocessing


class Sequential(Model):
    """A model whose layers each take the output of the one before.

    Args:
        layers: to begin with; more can be `add`ed.
        trainable: whether the weights are trained.
        name: of the model.

    Without an `Input` in front, the weights are created when the model first sees data.

    Raises:
        ValueError: something in the list is not a layer.

    Example:

    >>> import pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu")])
    >>> model.add(keras.layers.Dense(1))
    >>> model.count_params()
    49
    """

    def __init__(
        self,
        layers: Iterable[Layer | KerasTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._layers: list[Layer] = []
        self._functional: Functional | None = None
        if isinstance(layers, Layer):
            raise ValueError(f"layers must be a list. Received: layers={layers!r}")
        for layer in layers or []:
            self._append(layer)
        self._rebuild()
        if not trainable:
            self.trainable = False

    def add(self, layer: Layer | KerasTensor, rebuild: bool = True) -> None:
        """Append a layer.

        Raises:
            ValueError: it is not a layer, an Input is not first, a name is taken, or the layer does
                not fit behind the last; the model is then as it was.
        """
        before = list(self._layers)
        try:
            self._append(layer)
            self._rebuild()
        except BaseException:
            self._layers = before
            self._rebuild()
            raise

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it."""
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers to remove")
        layer = self._layers.pop()
        self._rebuild()
        return layer

    def _append(self, layer: Any) -> None:
        if (
            isinstance(layer, KerasTensor)
            and layer.node
            and isinstance(layer.node.layer, InputLayer)
        ):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise ValueError(
                f"A Sequential model is made of layers. Received: {layer!r} of type "
                f"{type(layer).__name__}"
            )
        layer._check_initialized()
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError(f"An Input must be the first layer of model {self.name!r}")
        if any(known.name == layer.name and known is not layer for known in self._layers):
            raise ValueError(
                f"The names of layers must be unique. Model {self.name!r} already has one called "
                f"{layer.name!r}"
            )
        if not self._layers and layer._declared_shape is not None:
            self._layers.append(InputLayer(batch_shape=layer._declared_shape))
        self._layers.append(layer)

    def _rebuild(self) -> None:
        """Chains the layers, if the input shape is known."""
        self._structure_changed()
        self._functional = None
        self.built = False
        first = self._layers[0] if self._layers else None
        if isinstance(first, InputLayer):
            self._chain(first.output)
        elif isinstance(first, Functional | Sequential) and first.built:
            self._chain(Input(batch_shape=first.input_shape, dtype=first.inputs[0].dtype))

    def _chain(self, x: KerasTensor) -> None:
        if not self.layers:
            return
        output: Any = x
        with unchanged_on_error(self), name_scope(self):
            for layer in self.layers:
                output = layer(output)
            self._functional = Functional(x, output, name=self.name)
            self.built = True

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the Input."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def _sublayers(self, parts: Iterable[Any] | None = None) -> list[Layer]:
        return self.layers

    @property
    def on_arrays(self) -> bool:  # type: ignore[override]
        """Whether a layer for strings is among its own."""
        return any(layer.on_arrays for layer in self.layers)

    @property
    def _preprocessing(self) -> Preprocessing | None:
        return None if self._functional is None else self._functional._preprocessing

    def _graph(self) -> Functional:
        if self._functional is None:
            raise AttributeError(
                f"Model {self.name!r} does not know its input shape yet: start it with "
                "`keras.Input(shape)`, `build` it, or call it on data"
            )
        return self._functional

    @property
    def inputs(self) -> list[KerasTensor]:
        """The input tensor, in a list."""
        return self._graph().inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The output tensor(s), in a list."""
        return self._graph().outputs

    @property
    def input(self) -> Any:
        """The input tensor."""
        return self._graph().input

    @property
    def output(self) -> Any:
        """The output tensor, or the list of them."""
        return self._graph().output

    @property
    def input_names(self) -> list[str]:
        """The name of the input."""
        return self._graph().input_names

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer."""
        return self._graph().output_names

    def build(self, input_shape: Any = None) -> None:
        """Create the weights for inputs of shape (None, ...)."""
        if self.built or input_shape is None:
            return
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers: add some before building it")
        dims = (None, *tuple(input_shape)[1:])
        with suppress(NoValueError):  # a layer that looks at values is called on them only
            self._chain(Input(batch_shape=dims))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._functional is not None:
            return self._functional.call(inputs, mask=mask)
        inputs = with_masks(inputs, mask)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def get_build_config(self) -> dict[str, Any] | None:
        if self._functional is None:
            return None
        return {"input_shape": list(self._functional.inputs[0].shape)}

    def get_config(self) -> dict[str, Any]:
        from pronghorn._object_form import serialize

        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize(self.dtype_policy),
            "layers": [serialize(layer) for layer in self._layers],
        }
        if (build := self.get_build_config()) is not None:
            config["build_input_shape"] = build["input_shape"]
        return config

    @classmethod
    def _from_config(cls, config: Any) -> Any:
        from pronghorn._object_form import deserialize

        made: dict[str, Layer] = {}  # a layer may be there twice
        layers = []
        for entry in config["layers"]:
            inner = entry["config"]
            name = inner.get("name") if isinstance(inner, Mapping) else None
            known = made.get(name) if isinstance(name, str) else None
            layer = known or deserialize(entry, family=LAYERS, in_graph=True)
            if not isinstance(layer, Layer):
                raise ValueError(f"a Sequential model is made of layers. Received: {layer!r}")
            made[layer.name] = layer
            layers.append(layer)
        model = cls(layers, trainable=config.get("trainable", True), name=config.get("name"))
        model.build(config.get("build_input_shape"))
        return model
