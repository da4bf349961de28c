# SPDX-License-Identifier: Apache-2.0
"""What layers that standardize their input share: moments, and a learned gamma and beta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import constraints, initializers, ops, regularizers
from pronghorn.backend import epsilon as tiny
from pronghorn.layers.layer import Layer


class _ScaleAndOffset(Layer):
    """Base of layers that compute gamma * (x - mean) / sqrt(variance + epsilon) + beta."""

    supports_masking = True
    gamma: Any = None
    beta: Any = None

    def __init__(
        self,
        *,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def _add_gamma_and_beta(self, shape: Sequence[int]) -> None:
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )


def moments(x: Any, axes: Sequence[int], mask: Any = None) -> tuple[Any, Any]:
    """Mean and population variance over axes, which stay as axes of size 1.

    Args:
        x: tensor.
        axes: to be reduced.
        mask: which positions count, of a shape that broadcasts against x; None: all.
    """
    if mask is None:
        mean = ops.mean(x, axes, keepdims=True)
        return mean, ops.mean(ops.square(x - mean), axes, keepdims=True)
    mask = ops.cast(mask, x.dtype)
    count = ops.sum(mask, axes, keepdims=True) + tiny()
    mean = ops.sum(x * mask, axes, keepdims=True) / count
    return mean, ops.sum(ops.square(x - mean) * mask, axes, keepdims=True) / count


def sizes_of(shape: Sequence[int | None], axes: Sequence[int], layer_name: str) -> tuple[int, ...]:
    """The sizes of axes, which must be known because weights have them.

    Raises:
        ValueError: one is not known, or there is no such axis.
    """
    rank = len(shape)
    if any(not -rank <= axis < rank for axis in axes):
        raise ValueError(
            f"Layer {layer_name!r}: axis must be in [-{rank}, {rank}) for inputs of shape "
            f"{tuple(shape)}. Received: axis={list(axes)}"
        )
    sizes = [shape[axis] for axis in axes]
    if None in sizes:
        raise ValueError(
            f"Layer {layer_name!r}: the sizes of axes {list(axes)} must be known. "
            f"Received: input shape {tuple(shape)}"
        )
    return tuple(size for size in sizes if size is not None)


def broadcasting(shape: Sequence[int | None], axes: Sequence[int]) -> list[int]:
    """The shape under which a weight with the sizes of `axes` broadcasts against `shape`."""
    kept = {axis % len(shape) for axis in axes}
    return [size or 1 if axis in kept else 1 for axis, size in enumerate(shape)]
