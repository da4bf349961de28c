# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pronghorn import activations, constraints, initializers, ops, regularizers
from pronghorn.initializers import VarianceScaling
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer
from pronghorn.ops._products import parse_subscripts

# xy,yz->xz, with "..." before input and result, or behind both.
_EQUATION = re.compile(
    r"(?P<before>\.{3})?(?P<input>[a-zA-Z]+)(?P<after>\.{3})?,(?P<kernel>[a-zA-Z]+)->"
    r"(?(before)\.{3})(?P<result>[a-zA-Z]+)(?(after)\.{3})"
)


class EinsumDense(Layer):
    """activation(einsum(equation, x, kernel) + bias): `Dense` over axes of one's choice.

    Args:
        equation: "xy,yz->xz" with the letters of input, kernel and result; further axes may stand
            as "..." before or behind those of input and result.
        output_shape: sizes of the axes of the result that the equation names, without the batch;
            None for those of the input.
        activation: name or callable; None for none.
        bias_axes: the letters of the result along which there is a bias; None: no bias.
        kernel_initializer: of the kernel, whose shape follows from the equation.
        bias_initializer: of the bias.
        kernel_regularizer, bias_regularizer: penalties added to the loss.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: applied after each update.

    Raises:
        ValueError: an equation of another form, or one that does not fit the input.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")
    >>> layer(np.ones((2, 3, 4))).shape, layer.kernel.shape, layer.bias.shape
    ((2, 3, 5), (4, 5), (5,))
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        found = _EQUATION.fullmatch(equation.replace(" ", ""))
        if found is None or (found["before"] and found["after"]):
            raise ValueError(
                "equation must have the form 'xy,yz->xz', '...xy,yz->...xz' or 'xy...,yz->xz...'. "
                f"Received: equation={equation!r}"
            )
        for letter in bias_axes or "":
            if letter not in found["result"]:
                raise ValueError(
                    f"bias_axes must be letters of the result {found['result']!r}. "
                    f"Received: bias_axes={bias_axes!r}"
                )
        self.equation, self.bias_axes = equation, bias_axes
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else (*output_shape,)
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._found = found.groupdict()

    def build(self, input_shape: Any) -> None:
        kernel = self._found["kernel"]
        (of_input, _), of_result = parse_subscripts(self.equation, [len(input_shape), len(kernel)])
        sizes = self._sizes(input_shape, of_input, of_result)
        shape = [sizes.get(letter) for letter in kernel]
        if None in shape:
            raise ValueError(
                f"Layer {self.name!r}: the sizes of the kernel's axes {kernel!r} must follow from "
                f"the input and output_shape. Received: input shape {tuple(input_shape)}, "
                f"output_shape={self.output_shape}"
            )
        inputs = [axis for axis, letter in enumerate(kernel) if letter not in of_result]
        outputs = [axis for axis, letter in enumerate(kernel) if letter in of_result]
        self.kernel = self.add_weight(
            shape,  # type: ignore[arg-type]
            _with_axes(self.kernel_initializer, inputs, outputs),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.bias_axes is not None:
            first = min(of_result.index(letter) for letter in self.bias_axes)
            self.bias = self.add_weight(
                [sizes[c] if c in self.bias_axes else 1 for c in of_result[first:]],
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(ndim=len(input_shape))
        self.built = True

    def _sizes(self, input_shape: Any, of_input: list[str], of_result: list[str]) -> dict[str, Any]:
        """Letter -> size of its axis, as far as input and output_shape tell."""
        sizes = dict(zip(of_input, input_shape, strict=True))
        hidden = [letter not in self.equation for letter in of_result].count(True)
        named = of_result[max(1, hidden) :] if self._found["before"] else of_result[1:]
        for letter, size in zip(named, self.output_shape, strict=False):
            if size is not None and sizes.setdefault(letter, size) not in (size, None):
                raise ValueError(
                    f"Layer {self.name!r}: axis {letter!r} has the size {sizes[letter]} in the "
                    f"input and {size} in output_shape={self.output_shape}"
                )
        return sizes

    def call(self, inputs: Any) -> Any:
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)


def _with_axes(initializer: Any, inputs: list[int], outputs: list[int]) -> Any:
    """An initializer that scales by inputs and outputs knows now which axes these are."""
    if not isinstance(initializer, VarianceScaling) or initializer.input_axes is not None:
        return initializer
    config = initializer.get_config() | {"input_axes": inputs, "output_axes": outputs}
    return type(initializer).from_config(config | {"seed": initializer.seed})
