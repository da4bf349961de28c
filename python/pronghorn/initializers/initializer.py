# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn._configurable import Configurable, Family

INITIALIZERS = Family("initializer", "keras.initializers")


class Initializer(Configurable, family=INITIALIZERS):
    """Base of everything that makes the first values of a weight.

    A subclass defines `__call__`; its config is read off its `__init__`.

    Example:
    >>> import pronghorn as keras
    >>> class Ramp(keras.initializers.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return keras.ops.reshape(keras.ops.arange(6.0), shape)
    >>> Ramp()((2, 3)).numpy().tolist()
    [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Values for a weight.

        Args:
            shape: of the weight.
            dtype: defaults to `floatx()`.

        Returns:
            A tensor.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`")

    def clone(self) -> Any:
        """Another one with the same config."""
        return self.from_config(self.get_config())
