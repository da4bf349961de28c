# SPDX-License-Identifier: Apache-2.0
"""Dense: every output is connected to every input."""

from __future__ import annotations

from typing import Any

from pronghorn import activations, constraints, initializers, ops, regularizers
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.layer import Layer


class Dense(Layer):
    """activation(x @ kernel + bias) on the last axis.

    Args:
        units: size of the output, a positive int.
        activation: name or callable; None for none.
        use_bias: whether to add a bias.
        kernel_initializer: of the kernel (inputs, units).
        bias_initializer: of the bias (units,).
        kernel_regularizer, bias_regularizer: penalties added to the loss.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: applied after each update.

    Raises:
        ValueError: units is not a positive int, or an unknown name.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
    >>> layer(np.array([[1.0, 2.0, 3.0]])).numpy().tolist()
    [[6.0, 6.0]]
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if isinstance(units, bool) or not hasattr(units, "__index__") or units <= 0:
            raise ValueError(f"units must be a positive int. Received: units={units!r}")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        inputs = input_shape[-1]
        if inputs is None:
            raise ValueError(
                f"Layer {self.name!r}: the last axis of its input must be known. "
                f"Received: input shape {tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)
