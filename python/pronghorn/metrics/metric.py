# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn import initializers
from pronghorn._configurable import Configurable, Family, to_snake_case
from pronghorn.backend import Variable, standardize_dtype
from pronghorn.backend.naming import auto_name

METRICS = Family("metric", "keras.metrics", functions_first=False)


class Metric(Configurable, family=METRICS):
    """Base of metrics: numbers that are collected over batches and reported.

    A subclass makes its variables in `__init__` with `add_weight`, changes them in `update_state`
    and computes from them in `result`. All three are made of `ops`, so inside `fit` they run
    natively.

    Args:
        dtype: of the variables; `floatx()` if None.
        name: in logs; if None the class name in snake case, with a number if it was given before.

    Example:
    >>> import pronghorn as keras
    >>> class Largest(keras.metrics.Metric):
    ...     def __init__(self, name="largest", dtype=None):
    ...         super().__init__(name=name, dtype=dtype)
    ...         self.largest = self.add_weight(name="largest", initializer="zeros")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest.assign(keras.ops.maximum(self.largest, keras.ops.max(y_pred)))
    ...     def result(self):
    ...         return self.largest.value
    >>> metric = Largest()
    >>> metric.update_state([0.0], [3.0])
    >>> metric.update_state([0.0], [2.0])
    >>> float(metric.result())
    3.0
    """

    # Whether a large value is good ("up") or a small one ("down"): for callbacks that compare.
    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(to_snake_case(type(self).__name__))
        self.dtype = standardize_dtype(dtype)
        self._variables: list[Variable] = []

    @property
    def variables(self) -> list[Variable]:
        """What the metric has collected."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable that the metric collects in.

        Args:
            shape: of the variable. (A string is taken as the name, as in Keras 2.)
            initializer: name or initializer of its first value; zeros if None.
            dtype: that of the metric if None.
            name: for people.
        """
        if isinstance(shape, str):
            shape, name = (), shape
        first = initializers.get(initializer or "zeros")
        variable = Variable(
            first, shape=tuple(shape), dtype=dtype or self.dtype, trainable=False, name=name
        )
        self._variables.append(variable)
        return variable

    add_weight = add_variable

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch."""
        raise NotImplementedError(f"{type(self).__name__} does not define `update_state`")

    def result(self) -> Any:
        """The value for all batches since the last reset: a scalar tensor or a dict of them."""
        raise NotImplementedError(f"{type(self).__name__} does not define `result`")

    def reset_state(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state`, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
