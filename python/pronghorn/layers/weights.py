# SPDX-License-Identifier: Apache-2.0
"""The weights of a layer and of the layers in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from pronghorn import constraints, initializers, regularizers
from pronghorn.backend import Variable, convert_to_numpy, is_float, standardize_dtype
from pronghorn.dtype_policies import DTypePolicy
from pronghorn.layers.call_context import path_in_scope
from pronghorn.layers.tracking import attributes, held
from pronghorn.layers.weight_limit import take

_Kind = TypeVar("_Kind")


class HoldsWeights:
    """The half of `Layer` that makes weights and finds them."""

    name: str
    dtype_policy: DTypePolicy
    built: bool
    _trainable: bool
    _added_weights: dict[Variable, bool]  # and whether it was made to be trained

    @property
    def compute_dtype(self) -> str:
        """The dtype that `call` computes in: float32 where the policy asks for less."""
        return standardize_dtype(self.dtype_policy.compute_dtype)

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights: float32 where the policy asks for less."""
        return standardize_dtype(self.dtype_policy.variable_dtype)

    dtype = variable_dtype

    def add_weight(
        self,
        shape: Sequence[int] | int | None = None,
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
        dims = (shape,) if isinstance(shape, int | np.integer) else tuple(shape or ())
        take(self.name, name, dims)
        variable = Variable(initializers.get(initializer), dims, dtype, trainable, name=name)
        variable.path = f"{path_in_scope(self)}/{variable.name}"
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._added_weights[variable] = trainable
        return variable

    def _own_weights(self, parts: Iterable[Any] | None = None) -> list[Variable]:
        """Those made as trainable first, as Keras stores them; freezing them moves nothing.

        Args:
            parts: the variables among the attributes, if they are known already.
        """
        made = dict(self._added_weights)
        for variable in held(Variable, attributes(self)) if parts is None else parts:
            made.setdefault(variable, variable.trainable)
        return sorted(made, key=lambda v: not made[v])

    def _sublayers(self, parts: Iterable[Any] | None = None) -> list[Any]:
        """Layers among the attributes, also in lists and dicts, in order of assignment.

        Args:
            parts: the layers among the attributes, if they are known already.
        """
        return list(dict.fromkeys(held(HoldsWeights, attributes(self)) if parts is None else parts))

    def _walk(self, kind: type[_Kind]) -> Iterator[tuple[Any, list[_Kind]]]:
        """This layer and all below it, each once, and what each holds of a kind."""
        seen: set[int] = set()
        stack: list[Any] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            parts = held((HoldsWeights, kind), attributes(layer))  # one look for both
            yield layer, [part for part in parts if isinstance(part, kind)]
            stack += reversed(layer._sublayers([p for p in parts if isinstance(p, HoldsWeights)]))

    def _flatten_layers(self) -> Iterator[Any]:
        """This layer and all below it, each once."""
        return (layer for layer, _ in self._walk(HoldsWeights))

    def _collect(self, only_trainable: bool) -> list[Variable]:
        found = [
            v
            for layer, parts in self._walk(Variable)
            if layer.trainable or not only_trainable
            for v in layer._own_weights(parts)
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
        return self._collect(only_trainable=True) if self.trainable else []

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

    def save_own_variables(self, store: Any) -> None:
        """Put the state of this layer, without that of layers in it, into a file.

        Args:
            store: mapping from names to arrays, to be filled: "0", "1", ... for the weights.
        """
        for number, variable in enumerate(self._own_weights()):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """The inverse of `save_own_variables`.

        Raises:
            ValueError: the number of arrays or a shape is wrong; nothing is changed then.
        """
        variables = self._own_weights()
        arrays = [store[key] for key in sorted((k for k in store if k.isdecimal()), key=int)]
        arrays = check_weights(self.name, variables, arrays)
        for variable, array in zip(variables, arrays, strict=True):
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


def check_weights(
    layer_name: str, variables: Sequence[Variable], values: Sequence[Any]
) -> list[np.ndarray]:
    """The values as arrays.

    Raises:
        ValueError: their number or a shape is wrong; names the layer, the weight and both shapes.
    """
    if not isinstance(values, Sequence | np.ndarray):
        raise ValueError(
            f"Layer {layer_name!r}: weights must be a list of arrays. Received: {values!r}"
        )
    arrays = [np.asarray(convert_to_numpy(v)) for v in values]
    if len(arrays) != len(variables):
        raise ValueError(
            f"Layer {layer_name!r} has {len(variables)} weights: {[v.path for v in variables]}. "
            f"Received: {len(arrays)} arrays"
        )
    for variable, array in zip(variables, arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"Layer {layer_name!r}: weight {variable.path!r} is made of numbers. "
                f"Received: an array of dtype {array.dtype}"
            )
        if array.shape != variable.shape:
            raise ValueError(
                f"Layer {layer_name!r}: weight {variable.path!r} has shape {variable.shape}. "
                f"Received: an array of shape {array.shape}"
            )
    return arrays
