# SPDX-License-Identifier: Apache-2.0
"""The network behind MLPClassifier and MLPRegressor, and what scikit-learn minimizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pronghorn import activations, ops
from pronghorn.layers import Activation, BatchNormalization, Dense, Dropout, Input, Layer
from pronghorn.models import Sequential

# scikit-learn's names of activations that have another one in Keras.
KERAS_NAMES = {"identity": "linear", "logistic": "sigmoid", "exp": "exponential"}


class _RegularizedNetwork(Sequential):
    """Layers whose loss over a batch of n rows is sum(w l) / sum(w) + alpha ||W||^2 / (2 sum(w)).

    w are the sample weights (all 1 by default), l the losses of the rows, W the kernels.

    Args:
        layers: of the network.
        alpha: strength of the penalty.
        row_loss: function of (targets, outputs) with one value per row; None: the compiled loss.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        alpha: float,
        row_loss: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(layers)
        self.autocast = False  # the layers may be of float64
        self.alpha = alpha
        self.row_loss = row_loss

    @property
    def dense_layers(self) -> list[Dense]:
        """The layers that `coefs_` and `intercepts_` are read from."""
        return [layer for layer in self.layers if isinstance(layer, Dense)]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss above for one batch; 0 if all of its rows weigh nothing."""
        rows = float(y_pred.shape[0])
        total: Any = rows
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, y_pred.dtype)
            weight = ops.sum(sample_weight)
            total = ops.where(weight > 0, weight, 1.0)
        if self.row_loss is not None:
            losses = self.row_loss(y, y_pred)
            weighted = losses if sample_weight is None else losses * sample_weight
            loss = ops.sum(weighted) / total
        else:
            if sample_weight is not None:
                sample_weight = sample_weight * (rows / total)
            loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        squares = sum(ops.sum(ops.square(layer.kernel)) for layer in self.dense_layers)
        penalty = self.alpha / 2 * squares / total
        return loss + (penalty if sample_weight is None else ops.where(weight > 0, penalty, 0.0))


def build_layers(
    n_features: int,
    n_outputs: int,
    hidden: Sequence[tuple[int, Any, float]],
    batch_normalization: bool,
    seed: int,
    dtype: str,
) -> list[Any]:
    """Dense layers from features to outputs; the last one has no activation.

    Args:
        n_features, n_outputs: width of the input and the output.
        hidden: units, activation and dropout rate of each hidden layer.
        batch_normalization: between each hidden layer and its activation, where Ioffe and Szegedy
            (2015) put it.
        seed: of dropout; each layer has its own.
        dtype: of weights and computation.
    """
    layers: list[Any] = [Input((n_features,), dtype=dtype)]
    for place, (units, activation, rate) in enumerate(hidden):
        layers.append(Dense(units, dtype=dtype))
        if batch_normalization:
            layers.append(BatchNormalization(dtype=dtype))
        layers.append(Activation(by_name(activation), dtype=dtype))
        if rate:
            layers.append(Dropout(rate, seed=seed + place, dtype=dtype))
    layers.append(Dense(n_outputs, dtype=dtype))
    return layers


def draw_weights(
    layers: Sequence[Dense], activation_names: Sequence[Any], random_state: np.random.RandomState
) -> None:
    """Glorot's uniform initialization, drawn as scikit-learn does: equal seeds, equal weights.

    Kernels and biases come from [-b, b], b = sqrt(f / (fan_in + fan_out)), where f is 2 for the
    logistic activation and 6 for others.
    """
    for layer, activation in zip(layers, activation_names, strict=True):
        fan_in, fan_out = layer.kernel.shape
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (fan_in + fan_out))
        kernel = random_state.uniform(-bound, bound, (fan_in, fan_out))
        layer.set_weights([kernel, random_state.uniform(-bound, bound, fan_out)])


def by_name(activation: Any) -> Any:
    """The activation function of one of scikit-learn's or Keras's names, or itself."""
    if isinstance(activation, str):
        activation = KERAS_NAMES.get(activation, activation)
    return activations.get(activation)
