# SPDX-License-Identifier: Apache-2.0
"""A multilayer perceptron in NumPy: what one gets without a library, and what to agree with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class NumpyMLP:
    """ReLU or tanh layers and a linear or softmax output, trained with SGD or Adam.

    Everything has the dtype of the weights: float32 to be timed, float64 to be believed.

    Args:
        weights: Kernel `(inputs, units)` and bias `(units,)` of each layer in turn.
        loss: `"softmax_crossentropy"` with class numbers, or `"mse"`.
        optimizer: `"sgd"` or `"adam"`.
        learning_rate: Step size.
        activation: `"relu"` or `"tanh"`.
    """

    def __init__(
        self,
        weights: Sequence[np.ndarray],
        loss: str,
        optimizer: str,
        learning_rate: float,
        activation: str = "relu",
    ) -> None:
        self.weights = [weight.copy() for weight in weights]
        self.loss = loss
        self._tanh = activation == "tanh"
        self.learning_rate = self.weights[0].dtype.type(learning_rate)
        self._update = {"sgd": self._sgd, "adam": self._adam}[optimizer]
        self._moments = [(np.zeros_like(weight), np.zeros_like(weight)) for weight in weights]
        self._steps = 0
        self.last_loss = 0.0

    def activations(self, x: np.ndarray) -> list[np.ndarray]:
        """Returns the input and the output of each layer; the last before the softmax."""
        outputs = [x]
        for kernel, bias in self._layers():
            z = outputs[-1] @ kernel + bias
            if kernel is not self.weights[-2]:
                z = np.tanh(z, out=z) if self._tanh else np.maximum(z, 0, out=z)
            outputs.append(z)
        return outputs

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Returns the model's output: probabilities, or the value."""
        output = self.activations(x)[-1]
        return softmax(output) if self.loss == "softmax_crossentropy" else output

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Returns the gradient of the mean loss with respect to each weight; keeps the loss."""
        outputs = self.activations(x)
        if self.loss == "softmax_crossentropy":
            dz = softmax(outputs[-1])
            at_label = np.arange(len(y)), y
            self.last_loss = -np.log(dz[at_label]).mean()
            dz[at_label] -= 1
            dz /= len(y)
        else:
            error = outputs[-1] - y
            self.last_loss = np.square(error).mean()
            dz = error * (2 / y.size)
        gradients: list[np.ndarray] = []
        for layer, (kernel, _) in reversed(list(enumerate(self._layers()))):
            gradients[:0] = [outputs[layer].T @ dz, dz.sum(axis=0)]
            if layer:
                dz = dz @ kernel.T
                dz *= 1 - outputs[layer] ** 2 if self._tanh else outputs[layer] > 0
        return gradients

    def step(self, x: np.ndarray, y: np.ndarray) -> None:
        """Trains on one batch."""
        self._steps += 1
        for index, gradient in enumerate(self.gradients(x, y)):
            self._update(index, gradient)

    def _layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return list(zip(self.weights[::2], self.weights[1::2], strict=True))

    def _sgd(self, index: int, gradient: np.ndarray) -> None:
        gradient *= self.learning_rate
        self.weights[index] -= gradient

    def _adam(self, index: int, gradient: np.ndarray) -> None:
        # The form of section 2 of D. Kingma and J. Ba, arXiv:1412.6980, with Keras's epsilon.
        mean, square = self._moments[index]
        mean += (gradient - mean) * mean.dtype.type(1 - 0.9)
        square += (gradient * gradient - square) * mean.dtype.type(1 - 0.999)
        correction = np.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        rate = mean.dtype.type(self.learning_rate * correction)
        self.weights[index] -= rate * mean / (np.sqrt(square) + mean.dtype.type(1e-7))


def softmax(z: np.ndarray) -> np.ndarray:
    """exp(z) / sum(exp(z)) over the last axis, without overflow."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e
