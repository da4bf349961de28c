# SPDX-License-Identifier: Apache-2.0
"""Layer: weights and a formula."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pronghorn import constraints, initializers, regularizers
from pronghorn._configurable import Configurable, Family, to_snake_case, unknown_argument
from pronghorn._structure import flatten, map_leaves
from pronghorn.backend import (
    KerasTensor,
    Operators,
    Trace,
    Variable,
    convert_to_tensor,
    floatx,
    init_scope,
    is_float,
    standardize_dtype,
)
from pronghorn.backend.naming import auto_name
from pronghorn.layers.call_context import call_context, inherited_training
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.node import Node, tensors_in
from pronghorn.layers.shapes import Shape, legacy_input_shape, map_shape_leaves, map_shapes
from pronghorn.layers.weights import check_weights

LAYERS = Family("layer", "keras.layers", functions_first=False)


class _Takes:
    """Which optional arguments a class's `call` has."""

    def __init__(self, parameters: Mapping[str, inspect.Parameter]) -> None:
        any_keyword = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        self.training = "training" in parameters
        self.training_default = self.training and parameters["training"].default not in (
            None,
            inspect.Parameter.empty,
        )
        self.mask = "mask" in parameters or any_keyword


class Layer(Configurable, family=LAYERS):
    """Base of all layers: subclass it, create weights in `build`, compute in `call`.

    Args:
        activity_regularizer: penalty on the output.
        trainable: whether its weights are trained.
        dtype: dtype of weights and computation, float32 by default.
        autocast: cast floating-point inputs to that dtype.
        name: unique within a model; made from the class name by default.

    Raises:
        TypeError: for an unknown keyword.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> class Scale(keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(np.ones((1, 2))).numpy().tolist()
    [[1.0, 1.0]]
    """

    input_spec: InputSpec | None = None
    _takes: ClassVar[_Takes]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes = _Takes(inspect.signature(cls.call).parameters)

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._declared_shape = legacy_input_shape(kwargs)
        if kwargs:
            raise unknown_argument(type(self), next(iter(kwargs)))
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"name must be a string without '/'. Received: name={name!r}")
        self.name = name or auto_name(to_snake_case(type(self).__name__))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        dtype = getattr(dtype, "name", None) or dtype
        self.dtype = floatx() if dtype is None else standardize_dtype(dtype)
        self.autocast = autocast
        self.built = False
        self._trainable = bool(trainable)
        self._added_weights: list[Variable] = []
        self._losses: list[Any] = []
        self._nodes: list[Node] = []

    # -- to be overridden -----------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Create the weights, given the shape of the input (or of each, in its structure)."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The formula."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not define `call`")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make another layer like this, as plain data."""
        config = super().get_config()
        config.pop("autocast", None)
        if config.get("activity_regularizer") is None:
            config.pop("activity_regularizer", None)
        first = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        return first | {k: v for k, v in config.items() if k not in first}

    # -- weights --------------------------------------------------------------------------------

    def add_weight(
        self,
        shape: Sequence[int] | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
        **unused: Any,
    ) -> Variable:
        """Create a weight of this layer.

        Args:
            shape: dims, () by default.
            initializer: name or callable; Glorot uniform by default (zeros for non-floats).
            dtype: the layer's by default.
            trainable: whether optimizers may change it.
            regularizer: penalty on it that is added to the loss.
            constraint: what is done to it after each update.
            name: for people.
        """
        if isinstance(shape, str):  # Keras 2: add_weight(name, shape, ...)
            name, shape, initializer = shape, initializer, dtype
            dtype = None
        dtype = self.dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        variable = Variable(
            initializers.get(initializer), tuple(shape or ()), dtype, trainable, name=name
        )
        variable.path = f"{self.name}/{variable.name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._added_weights.append(variable)
        return variable

    def _own_weights(self) -> list[Variable]:
        """Trainable ones first, as Keras stores them."""
        attributes = [v for v in vars(self).values() if isinstance(v, Variable)]
        own = list(dict.fromkeys([*self._added_weights, *attributes]))
        return sorted(own, key=lambda v: not v.trainable)

    def _sublayers(self) -> list[Layer]:
        """Layers among the attributes, also inside lists and dicts, in order of assignment."""
        attributes = {k: v for k, v in vars(self).items() if k != "_arguments"}
        found = [layer for value in attributes.values() for layer in layers_in(value)]
        return list(dict.fromkeys(found))

    def _flatten_layers(self) -> Iterator[Layer]:
        """This layer and all below it, each once."""
        seen: set[int] = set()
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            yield layer
            stack += reversed(layer._sublayers())

    def _collect(self, only_trainable: bool) -> list[Variable]:
        found = [
            v
            for layer in self._flatten_layers()
            if layer.trainable or not only_trainable
            for v in layer._own_weights()
            if v.trainable or not only_trainable
        ]
        return list(dict.fromkeys(found))

    @property
    def weights(self) -> list[Variable]:
        """All weights of the layer and its sublayers."""
        return self._collect(only_trainable=False)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return self._collect(only_trainable=True)

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        trained = set(map(id, self.trainable_weights))
        return [v for v in self.weights if id(v) not in trained]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def trainable(self) -> bool:
        """Whether the weights are trained; setting it sets it for all sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._flatten_layers():
            layer._trainable = bool(value)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights.

        Args:
            weights: arrays in the order and with the shapes of `get_weights()`.

        Raises:
            ValueError: their number or a shape is wrong; nothing is changed then.
        """
        arrays = check_weights(self.name, self.weights, weights)
        for variable, array in zip(self.weights, arrays, strict=True):
            variable.assign(array)

    def count_params(self) -> int:
        """The number of weights.

        Raises:
            ValueError: the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f"Layer {self.name!r} has no weights yet: its input shape is not known. Call it on "
                "data, or `build` it."
            )
        return sum(v.size for v in self.weights)

    # -- losses ---------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar computed in `call` to what training minimizes."""
        self._losses.append(loss)

    @property
    def losses(self) -> list[Any]:
        """Penalties of the last call and of the trainable weights."""
        activity = [loss for layer in self._flatten_layers() for loss in layer._losses]
        weights = [v.regularizer(v.value) for v in self.trainable_weights if v.regularizer]
        return activity + weights

    # -- calling --------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer to arrays or tensors, or extend a functional model."""
        takes = self._takes
        training = kwargs.pop("training", None)
        if not takes.mask and kwargs.get("mask", 0) is None:
            kwargs.pop("mask")
        if tensors_in([args, kwargs]):
            if training is not None:
                kwargs["training"] = training
            return self._extend_model(args, kwargs)
        args, kwargs = map_leaves(self._as_input, [list(args), kwargs])
        self._check_input(args)
        self._build_for(args, kwargs)
        inherited = inherited_training()
        given = training if training is not None else inherited
        if takes.training and (given is not None or not takes.training_default):
            kwargs["training"] = bool(given)
        with call_context(bool(given)) as outermost:
            if outermost:
                for layer in self._flatten_layers():
                    layer._losses.clear()
            outputs = self.call(*args, **kwargs)
        if self.activity_regularizer is not None:
            for output in flatten(outputs):
                batch = output.shape[0] or 1
                self.add_loss(self.activity_regularizer(output) / float(batch))
        return outputs

    def _as_input(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic) or (
            hasattr(value, "__array__") and not isinstance(value, Operators)
        ):
            value = convert_to_tensor(value)
        if isinstance(value, Operators) and self.autocast and is_float(value.dtype):
            return convert_to_tensor(value, self.dtype)
        return value

    def _check_input(self, args: Sequence[Any]) -> None:
        if self.input_spec is not None and args and isinstance(args[0], Operators):
            self.input_spec.check(tuple(args[0].shape), self.name)

    def _build_for(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if self.built:
            return

        def shape_of(value: Any) -> Any:
            return None if value is None else Shape(getattr(value, "shape", ()))

        shapes = [
            map_leaves(lambda v: shape_of(v), a)
            for a in [*args, *kwargs.values()]
            if any(isinstance(leaf, Operators) for leaf in flatten(a))
        ]
        if not shapes:
            raise ValueError(
                f"Layer {self.name!r} is called on arrays or tensors, whose shape tells that of "
                f"its weights. Received: {args}"
            )
        wanted = len(inspect.signature(self.build).parameters)
        with init_scope():
            self.build(*map_shapes(shapes[: max(1, wanted)]))
        self.built = True
        if self.input_spec is not None:
            self._check_input(args)

    def _extend_model(self, args: Any, kwargs: Any) -> Any:
        """Records a call on KerasTensors; their shapes tell those of the results."""
        self._check_input(args)
        self._build_for(args, kwargs)
        with Trace(abstract=True) as trace:

            def stand_in(leaf: Any) -> Any:
                if isinstance(leaf, KerasTensor):
                    return trace.input(leaf.shape, leaf.dtype)
                return leaf

            traced_args, traced_kwargs = map_leaves(stand_in, [list(args), dict(kwargs)])
            results = self(*traced_args, **traced_kwargs)
            for layer in self._flatten_layers():
                layer._losses.clear()
        outputs = map_leaves(lambda t: KerasTensor(t.shape, t.dtype, self.name), results)
        self._nodes.append(Node(self, args, kwargs, outputs))
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output, found by tracing `call`."""
        with Trace(abstract=True) as trace:
            x = map_shape_leaves(lambda s: trace.input(s, self.dtype), input_shape)
            return map_leaves(lambda t: t.shape, self(x))

    @property
    def input(self) -> Any:
        """The tensor(s) of a functional model that the layer was first called on."""
        tensors = self._first_node().inputs
        return tensors[0] if len(tensors) == 1 else tensors

    @property
    def output(self) -> Any:
        """The tensor(s) of a functional model that the layer's first call returned."""
        return self._first_node().outputs

    def _first_node(self) -> Node:
        if not self._nodes:
            raise AttributeError(
                f"Layer {self.name!r} has not been called on a functional model's tensors"
            )
        return self._nodes[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def layers_in(value: Any) -> list[Layer]:
    """The layers directly in a value: itself, or elements of nested lists and dicts."""
    if isinstance(value, Layer):
        return [value]
    if isinstance(value, list | tuple):
        return [layer for item in value for layer in layers_in(item)]
    if isinstance(value, dict):
        return [layer for item in value.values() for layer in layers_in(item)]
    return []


Layer._takes = _Takes(inspect.signature(Layer.call).parameters)
