# SPDX-License-Identifier: Apache-2.0
"""The losses of scikit-learn's networks, each as a function of the output z before its activation.

Each goes with one output activation a (the inverse of its canonical link), so that its gradient is
a(z) - y and no probability has to be clipped (McCullagh and Nelder, "Generalized linear models",
1989).
"""

from __future__ import annotations

from typing import Any

from pronghorn import ops


def multinomial_log_loss(y: Any, z: Any) -> Any:
    """-log softmax(z)_y of each row.

    Args:
        y: numbers of classes, (n,).
        z: (n, classes).
    """
    return ops.sparse_categorical_crossentropy(y, z, from_logits=True)


def binary_log_loss(y: Any, z: Any) -> Any:
    """-log p(y), p = sigmoid(z), summed over the outputs of each row.

    Args:
        y: 0 and 1, (n, outputs).
        z: (n, outputs).
    """
    return ops.sum(ops.binary_crossentropy(y, z, from_logits=True), axis=-1)


def half_squared_error(y: Any, z: Any) -> Any:
    """(y - z)^2 / 2 of each row: its mean over the outputs, with the gradient of their sum.

    That is what scikit-learn reports, and what it descends along.

    Args:
        y: targets, (n, outputs).
        z: predictions, (n, outputs).
    """
    errors = ops.square(y - z) / 2
    total = ops.sum(errors, axis=-1)
    return total + ops.stop_gradient(ops.mean(errors, axis=-1) - total)


def half_poisson_deviance(y: Any, z: Any) -> Any:
    """y log(y / e^z) - y + e^z, summed over the outputs of each row.

    Args:
        y: counts, (n, outputs).
        z: logarithms of the predictions, (n, outputs).
    """
    y_log_y = y * ops.log(ops.where(y > 0, y, 1.0))
    return ops.sum(y_log_y - y - y * z + ops.exp(z), axis=-1)
