# SPDX-License-Identifier: Apache-2.0
"""What a layer demands of its input's shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InputSpec:
    """Rank, least rank, and sizes of axes; None: anything goes."""

    ndim: int | None = None
    min_ndim: int | None = None
    axes: dict[int, int] = field(default_factory=dict)

    def check(self, shape: tuple[Any, ...], layer_name: str) -> None:
        """Raises a ValueError that names the layer, what it expected and what came."""

        def fail(expected: str) -> None:
            raise ValueError(
                f'Input 0 of layer "{layer_name}" is incompatible with the layer: expected '
                f"{expected}, but received input with shape {tuple(shape)}"
            )

        if self.ndim is not None and len(shape) != self.ndim:
            fail(f"ndim={self.ndim}, found ndim={len(shape)}")
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            fail(f"min_ndim={self.min_ndim}, found ndim={len(shape)}")
        for axis, size in self.axes.items():
            if shape[axis] not in (size, None):
                fail(f"axis {axis} of input shape to have value {size}")
