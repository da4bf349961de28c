# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.layers.merge import Merge

_LETTERS = "bcdefghijklmnopqrstuvwxyz"


class Dot(Merge):
    """Sums of products of two tensors along one axis of each, sample by sample.

    (batch, n) and (batch, n) give (batch, 1); (batch, m, n) and (batch, p, n) with `axes=2` give
    (batch, m, p).

    Args:
        axes: the axis of both, or of each; not the batch.
        normalize: divide both by their length along the axis first: the result is the cosine of
            the angle between them.

    Raises:
        TypeError: axes is neither an int nor a pair of ints.
        ValueError: there are not two inputs, or their sizes differ along the axis.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])
    >>> keras.layers.Dot(axes=1)([x, y]).numpy().tolist()
    [[11.0]]
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = [axes, axes] if isinstance(axes, int) else axes
        if (
            not isinstance(pair, list | tuple)
            or len(pair) != 2
            or not all(isinstance(axis, int) for axis in pair)
        ):
            raise TypeError(f"axes must be an int or a pair of ints. Received: axes={axes!r}")
        self.axes, self.normalize = axes, normalize

    def build(self, input_shape: Any) -> None:
        if not isinstance(input_shape, list) or len(input_shape) != 2:
            raise ValueError(f"Layer {self.name!r} takes two tensors. Received: {input_shape}")
        sizes = []
        for axis, shape in zip(self._pair(), input_shape, strict=True):
            if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
                raise ValueError(
                    f"Layer {self.name!r}: axes must be of a sample, not of the batch. "
                    f"Received: axes={self.axes} for inputs of shapes {input_shape}"
                )
            sizes.append(shape[axis])
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"Layer {self.name!r}: the inputs must have the same size along axes={self.axes}. "
                f"Received: inputs of shapes {input_shape}"
            )
        self.built = True

    def _pair(self) -> Sequence[int]:
        return (self.axes, self.axes) if isinstance(self.axes, int) else self.axes

    def call(self, inputs: Sequence[Any]) -> Any:
        (x, y), (i, j) = inputs, self._pair()
        if self.normalize:
            x, y = ops.normalize(x, i), ops.normalize(y, j)
        in_x = ["a", *_LETTERS[: x.ndim - 1]]
        in_y = ["a", *_LETTERS[x.ndim - 1 : x.ndim + y.ndim - 2]]
        in_x[i] = in_y[j] = "z"
        result = [letter for letter in [*in_x, *in_y[1:]] if letter != "z"]
        product = ops.einsum(f"{''.join(in_x)},{''.join(in_y)}->{''.join(result)}", x, y)
        return ops.expand_dims(product, -1) if product.ndim == 1 else product

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """None: a sum over a masked axis has no mask."""
        return None


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """`Dot` as a function."""
    return Dot(axes=axes, **kwargs)(inputs)
