# SPDX-License-Identifier: Apache-2.0
"""Layers that join several tensors elementwise."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from pronghorn import ops
from pronghorn.backend.masks import mask_of, masks_of
from pronghorn.layers.layer import Layer


class Merge(Layer):
    """Base: a list of tensors in, one tensor out. Subclasses say how two are joined."""

    def build(self, input_shape: Any) -> None:
        if not isinstance(input_shape, list) or len(input_shape) < 1:
            raise ValueError(
                f"Layer {self.name!r} joins a list of tensors. Received: one of shape {input_shape}"
            )
        self.built = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True where any input means something; no mask if one has none."""
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return functools.reduce(ops.logical_or, previous_mask)

    def join(self, a: Any, b: Any) -> Any:
        raise NotImplementedError

    def call(self, inputs: Sequence[Any]) -> Any:
        rank = max(x.ndim for x in inputs)
        return functools.reduce(self.join, [_with_rank(x, rank) for x in inputs])


def _with_rank(x: Any, rank: int) -> Any:
    """Axes of size 1 after the batch, as Keras aligns tensors of different rank."""
    if x.ndim == rank:
        return x
    return ops.reshape(x, (x.shape[0], *[1] * (rank - x.ndim), *x.shape[1:]))


def _with_axes(mask: Any, rank: int) -> Any:
    """Axes of size 1 behind those of the mask."""
    return ops.reshape(mask, (*mask.shape, *[1] * (rank - mask.ndim)))


def _mask_beside(x: Any) -> Any:
    """The mask of a tensor such that it broadcasts against it, or None."""
    mask = mask_of(x)
    return None if mask is None else _with_axes(mask, x.ndim)


class Add(Merge):
    """The sum of the inputs.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]).numpy().tolist()
    [[2.0, 2.0]]
    """

    def join(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)


class Subtract(Merge):
    """The first of two inputs minus the second."""

    def call(self, inputs: Sequence[Any]) -> Any:
        if len(inputs) != 2:
            raise ValueError(f"Layer {self.name!r} takes two tensors. Received: {len(inputs)}")
        return super().call(inputs)

    def join(self, a: Any, b: Any) -> Any:
        return ops.subtract(a, b)


class Multiply(Merge):
    """The product of the inputs, without those that are masked; 0 where all are."""

    def call(self, inputs: Sequence[Any]) -> Any:
        masks = [_mask_beside(x) for x in inputs]
        factors = [
            x if mask is None else ops.where(mask, x, 1.0)
            for x, mask in zip(inputs, masks, strict=True)
        ]
        product = super().call(factors)
        if any(mask is None for mask in masks):
            return product
        return ops.where(functools.reduce(ops.logical_or, masks), product, 0.0)

    def join(self, a: Any, b: Any) -> Any:
        return ops.multiply(a, b)


class Average(Merge):
    """The mean of the inputs."""

    def call(self, inputs: Sequence[Any]) -> Any:
        return super().call(inputs) / float(len(inputs))

    def join(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)


class _Extremum(Merge):
    """Base of layers that choose one of the inputs: not one that is masked, unless all are."""

    def call(self, inputs: Sequence[Any]) -> Any:
        if masks_of(list(inputs)) is None:
            return super().call(inputs)
        result, counts = inputs[0], _mask_beside(inputs[0])
        for x in inputs[1:]:
            mask = _mask_beside(x)
            x = x if mask is None else ops.where(mask, x, result)
            result = result if counts is None else ops.where(counts, result, x)
            counts = None if mask is None or counts is None else ops.logical_or(counts, mask)
            result = self.join(result, x)
        return result


class Maximum(_Extremum):
    """The largest of the inputs."""

    def join(self, a: Any, b: Any) -> Any:
        return ops.maximum(a, b)


class Minimum(_Extremum):
    """The smallest of the inputs."""

    def join(self, a: Any, b: Any) -> Any:
        return ops.minimum(a, b)


class Concatenate(Merge):
    """The inputs one after another.

    Args:
        axis: along which; not the batch.

    Raises:
        ValueError: the other dims differ.

    >>> import numpy as np, pronghorn as keras
    >>> keras.layers.Concatenate()([np.ones((1, 2)), np.zeros((1, 1))]).numpy().tolist()
    [[1.0, 1.0, 0.0]]
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        shapes = {len(s): s for s in input_shape}
        rank = len(input_shape[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        others = [
            [d for a, d in enumerate(s) if a not in (axis, 0) and d is not None]
            for s in input_shape
        ]
        if axis is None or len(shapes) > 1 or any(o != others[0] for o in others):
            raise ValueError(
                f"Layer {self.name!r}: inputs must have the same shape but for the axis "
                f"{self.axis} along which they are joined. Received: input_shape={input_shape}"
            )

    def call(self, inputs: Sequence[Any]) -> Any:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The masks one after another; an input without a mask counts as a whole."""
        if previous_mask is None:
            return None
        masks = [
            ops.broadcast_to(True if m is None else _with_axes(m, x.ndim), x.shape)
            for x, m in zip(inputs, previous_mask, strict=True)
        ]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` as a function."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Add` as a function."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Subtract` as a function."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Multiply` as a function."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Average` as a function."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Maximum` as a function."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Minimum` as a function."""
    return Minimum(**kwargs)(inputs)
