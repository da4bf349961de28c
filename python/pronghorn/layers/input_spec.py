# SPDX-License-Identifier: Apache-2.0
"""What a layer demands of its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class InputSpec:
    """Dtype, rank and sizes that an input must have; None: anything goes.

    Args:
        dtype: element type.
        shape: sizes of all axes, None for those that may have any.
        ndim: rank; that of `shape` if it is given.
        max_ndim: largest rank.
        min_ndim: smallest rank.
        axes: axis -> its size.
        allow_last_axis_squeeze: accept inputs that lack, or have too much, a last axis of size 1.
        name: of the input, where inputs are a dict.
        optional: whether the input may be None.

    >>> import pronghorn as keras
    >>> class Pairs(keras.layers.Layer):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.input_spec = keras.layers.InputSpec(shape=(None, 2))
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name, self.optional = name, optional

    def check(self, shape: tuple[Any, ...], layer_name: str, dtype: Any = None) -> None:
        """Raises a ValueError that names the layer, what it expected and what came."""

        def fail(expected: str) -> None:
            raise ValueError(
                f'Input 0 of layer "{layer_name}" is incompatible with the layer: expected '
                f"{expected}, but received input with shape {tuple(shape)}"
            )

        rank = len(shape)
        if self.ndim is not None and not self._fits(self.ndim, shape):
            fail(f"ndim={self.ndim}, found ndim={rank}")
        if self.max_ndim is not None and rank > self.max_ndim:
            fail(f"max_ndim={self.max_ndim}, found ndim={rank}")
        if self.min_ndim is not None and rank < self.min_ndim:
            fail(f"min_ndim={self.min_ndim}, found ndim={rank}")
        if self.dtype is not None and dtype is not None and dtype != self.dtype:
            fail(f"dtype={self.dtype}, found dtype={dtype}")
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                fail(f"axis {axis} of input shape to have value {size}")
        for wanted, found in zip(self.shape or (), shape, strict=False):
            if wanted is not None and found not in (wanted, None):
                fail(f"shape={self.shape}")

    def _fits(self, ndim: int, shape: tuple[Any, ...]) -> bool:
        if len(shape) == ndim or not self.allow_last_axis_squeeze:
            return len(shape) == ndim
        longer = shape if len(shape) > ndim else self.shape or (1,)
        return abs(len(shape) - ndim) == 1 and longer[-1] == 1
