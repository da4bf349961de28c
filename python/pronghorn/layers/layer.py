# SPDX-License-Identifier: Apache-2.0
"""Layer: weights and a formula."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pronghorn import _core, dtype_policies, regularizers
from pronghorn._configurable import (
    Configurable,
    Family,
    constructor_arguments,
    to_snake_case,
    unknown_argument,
)
from pronghorn._structure import flatten, map_leaves
from pronghorn.backend import (
    KerasTensor,
    NoValueError,
    Operators,
    convert_to_tensor,
    init_scope,
    is_float,
)
from pronghorn.backend.masks import mask_of, masks_of, with_mask, with_masks
from pronghorn.backend.naming import auto_name
from pronghorn.backend.trace import current_trace
from pronghorn.layers.call_context import call_context, inherited_training, name_scope
from pronghorn.layers.node import Node, tensors_in
from pronghorn.layers.shapes import legacy_input_shape, map_shape_leaves, shapes_of
from pronghorn.layers.symbolic import call_symbolically
from pronghorn.layers.tracking import unchanged_on_error
from pronghorn.layers.weights import HoldsWeights

LAYERS = Family("layer", "keras.layers", functions_first=False)


class _Takes:
    """Which arguments a class's `build` and `call` have."""

    def __init__(self, cls: type[Layer]) -> None:
        self.build = list(inspect.signature(cls.build).parameters)[1:]
        parameters = inspect.signature(cls.call).parameters
        any_keyword = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        self.training = "training" in parameters
        self.training_default = self.training and parameters["training"].default not in (
            None,
            inspect.Parameter.empty,
        )
        names = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
        self.mask = "mask" in parameters
        self.any_mask = self.mask or any_keyword
        self.mask_place = names.index("mask") if "mask" in names else len(parameters)
        self._before = names.index("training") if "training" in names else len(parameters)
        self._from_training = names[self._before :]

    def by_name(self, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """`layer(x, True)` as `layer(x, training=True)`."""
        if len(args) <= self._before or not self._from_training:
            return args, kwargs
        named = zip(self._from_training, args[self._before :], strict=False)
        return args[: self._before], kwargs | dict(named)

    def given_mask(self, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """The mask among the arguments of a call, or None."""
        if self.mask and len(args) > self.mask_place:
            return args[self.mask_place]
        return kwargs.get("mask")


@functools.lru_cache(maxsize=1024)  # when a class is first used, not when it is defined
def _takes_of(cls: Any) -> _Takes:
    return _Takes(cls)


class Layer(HoldsWeights, Configurable, family=LAYERS):
    """Base of all layers: subclass it, create weights in `build`, compute in `call`.

    Args:
        activity_regularizer: penalty on the output.
        trainable: whether its weights are trained.
        dtype: of weights and computation: a name or a `DTypePolicy`; by default that of
            `keras.config.set_dtype_policy`, float32.
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

    input_spec: Any = None  # an InputSpec, or a structure of them
    supports_masking = False
    on_arrays = False  # works on NumPy arrays (of strings), before the compiled part of a model
    _build_shape: Any = None
    _build_shapes: dict[str, Any] | None = None  # if `build` takes more than one

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "compute_mask" in vars(cls) and "supports_masking" not in vars(cls):
            cls.supports_masking = True

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
        self.dtype_policy = dtype_policies.get(dtype)
        self.autocast = autocast
        self.built = False
        self._trainable = bool(trainable)
        self._added_weights = {}
        self._losses: list[Any] = []
        self._nodes: list[Node] = []

    # -- to be overridden -----------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Create the weights, given the shape of the input (or of each, in its structure)."""
        self.built = True

    def get_build_config(self) -> dict[str, Any] | None:
        """What `build_from_config` needs; None if the layer is not built."""
        if self._build_shapes is not None:
            return {"shapes_dict": self._build_shapes}
        return None if self._build_shape is None else {"input_shape": self._build_shape}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Create the weights that the layer had when `get_build_config` made a config."""
        shapes = config.get("shapes_dict") or {"input_shape": config.get("input_shape")}
        if self.built or None in shapes.values():
            return
        with unchanged_on_error(self), init_scope(), name_scope(self):
            if "shapes_dict" in config:
                self.build(**shapes)
            else:
                self.build(*shapes.values())
            if type(self).build is Layer.build and self._sublayers():  # the call builds those
                self.compute_output_shape(*shapes.values())
            self.built = True
            self._build_shape = shapes.get("input_shape")

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The formula."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not define `call`")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make another layer like this, as plain data."""
        config = super().get_config()
        config.pop("autocast", None)
        if config.get("activity_regularizer") is None:
            config.pop("activity_regularizer", None)
        policy = dtype_policies.serialize(self.dtype_policy)
        first = {"name": self.name, "trainable": self.trainable, "dtype": policy}
        if type(self).get_config is Layer.get_config:  # nothing its `__init__` would not take
            accepted = constructor_arguments(type(self))
            first = {key: value for key, value in first.items() if key in accepted}
        return first | {k: v for k, v in config.items() if k not in first}

    @property
    def path(self) -> str:
        """The name; the paths of weights begin with it."""
        return self.name

    # -- losses ---------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar computed in `call` to what training minimizes."""
        self._losses.append(loss)

    @property
    def losses(self) -> list[Any]:
        """Penalties of the last call and of the trainable weights."""
        traces = (None, current_trace())  # what an earlier trace computed has no value
        activity = [
            loss
            for layer in self._flatten_layers()
            for loss in layer._losses
            if getattr(loss, "trace", None) in traces
        ]
        weights = [v.regularizer(v.value) for v in self.trainable_weights if v.regularizer]
        return activity + weights

    # -- calling --------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer to arrays or tensors, or extend a functional model."""
        self._check_initialized()
        takes = self._takes
        args, kwargs = takes.by_name(args, kwargs)
        training = kwargs.pop("training", None)
        if not takes.any_mask and kwargs.get("mask", 0) is None:
            kwargs.pop("mask")
        if tensors_in([args, kwargs]):
            if training is not None:
                kwargs["training"] = training
            return self._extend_model(args, kwargs)
        given_args = [_array_of_numbers(args[0]), *args[1:]] if args else []
        args, kwargs = map_leaves(self._as_input, [given_args, kwargs])
        self._check_input(args)
        self._build_for(args, kwargs)
        first = args[0] if args else None
        masks = takes.given_mask(args, kwargs)
        if masks is None and (masks := masks_of(first)) is not None and takes.mask:
            args, kwargs["mask"] = args[: takes.mask_place], masks
        inherited = inherited_training()
        given = training if training is not None else inherited
        if takes.training and (given is not None or not takes.training_default):
            kwargs["training"] = bool(given)
        with call_context(self, bool(given)) as outermost:
            if outermost:
                for layer in self._flatten_layers():
                    layer._losses.clear()
            try:
                outputs = self.call(*args, **kwargs)
            except _core.EngineError as error:
                raise self._named(error, args) from error
        outputs = self._with_masks(first, outputs, masks)
        if self.activity_regularizer is not None:
            for output in flatten(outputs):
                batch = output.shape[0] or 1
                self.add_loss(self.activity_regularizer(output) / float(batch))
        return outputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the output, given that of the input: by default the same.

        It is asked only where `supports_masking` is True, as it is for classes that override this.
        """
        return previous_mask

    def _with_masks(self, inputs: Any, outputs: Any, masks: Any) -> Any:
        if self.supports_masking:
            return with_masks(outputs, self.compute_mask(inputs, masks))
        if masks is not None and not self._takes.mask and not self._sublayers():
            warnings.warn(
                f"Layer {self.name!r} ({type(self).__name__}) does not support masking: the mask "
                "of its input ends here, the layers after it do not see it.",
                stacklevel=3,
            )
        return outputs

    @property
    def _takes(self) -> _Takes:
        cls: Any = type(self)  # hashable, as every class
        return _takes_of(cls)

    def _check_initialized(self) -> None:
        if "_nodes" not in vars(self):
            raise RuntimeError(
                f"Layer class {type(self).__name__} must call `super().__init__()` in its "
                "`__init__`."
            )

    def _named(self, error: _core.EngineError, args: Any) -> _core.EngineError:
        """The error of an op, with the innermost layer in which it happened."""
        if getattr(error, "names_layer", False):
            return error
        shapes = ", ".join(str(shapes_of(a)) for a in args)
        named = _core.EngineError(
            f"Layer {self.name!r} ({type(self).__name__}), called on input of shape {shapes}: "
            f"{error}"
        )
        named.names_layer = True  # type: ignore[attr-defined]
        return named

    def _as_input(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic) or (
            hasattr(value, "__array__") and not isinstance(value, Operators)
        ):
            value = convert_to_tensor(value)
        if isinstance(value, Operators) and self.autocast and is_float(value.dtype):
            return with_mask(convert_to_tensor(value, self.dtype), mask_of(value))
        return value

    def _check_input(self, args: Sequence[Any]) -> None:
        if self.input_spec is None or not args:
            return
        for spec, x in zip(flatten(self.input_spec), flatten(args[0]), strict=False):
            if isinstance(x, Operators):
                spec.check(tuple(x.shape), self.name, x.dtype)

    def _build_for(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if self.built:
            return
        shapes = [
            shapes_of(a)
            for a in [*args, *kwargs.values()]
            if any(isinstance(leaf, Operators) for leaf in flatten(a))
        ]
        if not shapes:
            raise ValueError(
                f"Layer {self.name!r} is called on arrays or tensors, whose shape tells that of "
                f"its weights. Received: {args}"
            )
        names = self._takes.build
        with unchanged_on_error(self):
            with init_scope(), name_scope(self):
                self.build(*shapes[: max(1, len(names))])
            self.built = True
            self._build_shape = shapes[0]
            if len(names) > 1:
                self._build_shapes = dict(zip(names, shapes, strict=False))
            self._check_input(args)

    def _extend_model(self, args: Any, kwargs: Any) -> Any:
        """Records a call on KerasTensors; their shapes tell those of the results."""
        self._check_input(args)
        self._build_for(args, kwargs)
        try:
            outputs = call_symbolically(self, args, kwargs, self.name, self.on_arrays)
        except NoValueError as error:
            if type(self).compute_output_shape is Layer.compute_output_shape:
                raise NoValueError(
                    f"Layer {self.name!r} ({type(self).__name__}) looks at the values of tensors. "
                    "In a functional or Sequential model with an `Input` it must tell the shape of "
                    "its output: define `compute_output_shape(self, input_shape)`."
                ) from error
            shapes = self.compute_output_shape(*map(shapes_of, args))
            outputs = map_shape_leaves(lambda s: KerasTensor(s, self.dtype, self.name), shapes)
        for layer in self._flatten_layers():
            layer._losses.clear()
        self._nodes.append(Node(self, args, kwargs, outputs))
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output, found by tracing `call`; builds the layer."""
        x = map_shape_leaves(lambda s: KerasTensor(s, self.dtype), input_shape)
        return map_leaves(lambda t: t.shape, call_symbolically(self, [x], {}))

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


def _array_of_numbers(value: Any) -> Any:
    """A tensor for nested lists of Python numbers, each of which would be an input otherwise."""
    leaves = flatten(value) if isinstance(value, list | tuple) else []
    if not leaves or not all(isinstance(leaf, int | float) for leaf in leaves):
        return value
    try:
        return convert_to_tensor(value)
    except ValueError:  # rows of different lengths
        return value
