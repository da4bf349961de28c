# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import ops, random
from pronghorn.backend import init_scope, standardize_dtype
from pronghorn.initializers.random_initializers import _RandomInitializer


class Orthogonal(_RandomInitializer, aliases=("OrthogonalInitializer",)):
    """A random matrix with orthonormal rows or columns (whichever are fewer), times gain.

    It is the Q of the QR decomposition of a normally distributed matrix, its columns multiplied by
    the signs of R's diagonal so that every such matrix is equally likely. A weight of more than two
    axes is such a matrix with the last axis as its columns.

    Args:
        gain: factor.
        seed: int, `SeedGenerator` or None (the global generator).

    Raises:
        ValueError: (when called) the weight has less than two axes.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> q = keras.initializers.Orthogonal(seed=1)((3, 2)).numpy()
    >>> bool(np.allclose(q.T @ q, np.eye(2), atol=1e-6))
    True

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", 2014; Mezzadri, "How to generate random matrices from the classical
    compact groups", 2007.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError(f"a weight of two axes or more is needed. Received: shape={shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        with init_scope():
            q, r = np.linalg.qr(random.normal(tall, dtype="float64", seed=self.seed).numpy())
        q = q * np.sign(np.diag(r))
        matrix = q.T if rows < columns else q
        return ops.convert_to_tensor(self.gain * matrix.reshape(shape), standardize_dtype(dtype))
