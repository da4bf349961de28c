# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from pronghorn import ops
from pronghorn._configurable import Configurable, Family, to_snake_case
from pronghorn._object_form import serialize
from pronghorn.backend import floatx, is_float, standardize_dtype
from pronghorn.backend.masks import mask_of
from pronghorn.backend.naming import function_name
from pronghorn.losses.reduction import REDUCTIONS, reduce, same_rank

LOSSES = Family("loss", "keras.losses")

# What a loss compares the output with: values of the same shape; the number of the class, of which
# the output has a column each; or one label per sample, whatever the output's columns are.
Targets = Literal["values", "classes", "labels"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def takes(targets: Targets) -> Callable[[_Function], _Function]:
    """Decorator that says what the targets of a loss function are, if not values."""

    def mark(function: _Function) -> _Function:
        function.targets = targets  # type: ignore[attr-defined]
        return function

    return mark


class Loss(Configurable, family=LOSSES):
    """Base of losses: one value per sample, then a reduction to the number that training minimizes.

    A subclass defines `call(y_true, y_pred)`, which returns the values of shape `(n,)` or of any
    shape that starts with the samples.

    Args:
        name: in logs; the class name in snake case if None.
        reduction: what becomes of the values (times the sample weights):
            "sum_over_batch_size" or "mean": their sum divided by their number;
            "mean_with_sample_weight": their sum divided by the sum of the weights;
            "sum"; None or "none": they are returned.
        dtype: of the computation; None: `keras.config.floatx()`.

    Attributes:
        targets: what it compares the output with, see `Targets`.

    Raises:
        ValueError: unknown reduction.

    Example:
    >>> import pronghorn as keras
    >>> class Cubic(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean(keras.ops.absolute(y_true - y_pred) ** 3, axis=-1)
    >>> float(Cubic()([[1.0], [2.0]], [[1.0], [4.0]]))
    4.0
    """

    targets: Targets = "values"

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"`reduction` must be one of {', '.join(map(repr, REDUCTIONS))}. "
                f"Received: reduction={reduction!r}"
            )
        self.name = name or to_snake_case(type(self).__name__)
        self.reduction = reduction
        self.dtype = dtype if dtype is None else standardize_dtype(dtype)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss.

        Args:
            y_true: targets `(n, ...)`.
            y_pred: predictions `(n, ...)`. If the ranks differ by one and the last axis of the
                higher one has size 1, they are brought to the same rank: `(n,)` against `(n, 1)`
                means n samples, never n x n.
            sample_weight: a number, `(n,)`, or of the shape of the values.
        """
        mask = mask_of(y_pred)
        y_true, y_pred = as_floats(y_true, y_pred, self.dtype or floatx())
        values, valid = self.call(y_true, y_pred), self.valid(y_true)
        if mask is not None:
            valid = mask if valid is None else ops.cast(mask, values.dtype) * valid
        return reduce(values, sample_weight, valid, self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values before reduction."""
        raise NotImplementedError(f"{type(self).__name__} does not define `call`")

    def valid(self, y_true: Any) -> Any:
        """Where values count (1 or 0), of the shape of the values; None: everywhere."""
        return None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config.get("dtype") is None:
            config.pop("dtype", None)  # Keras before 3.4 does not know it
        return config


class LossFunctionWrapper(Loss):
    """A function as a loss.

    Args:
        fn: function `(y_true, y_pred, **kwargs)` that returns one value per sample.
        reduction: as for `Loss`.
        name: the name of the function if None.
        dtype: as for `Loss`.
        **kwargs: passed on to `fn`.

    Example:
    >>> import pronghorn as keras
    >>> loss = keras.losses.LossFunctionWrapper(keras.losses.mean_squared_error)
    >>> float(loss([[1.0], [2.0]], [[1.0], [4.0]]))
    2.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name or function_name(fn), reduction=reduction, dtype=dtype)
        self.fn = fn
        self.targets = getattr(fn, "targets", "values")
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(*same_rank(y_true, y_pred), **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return (
            {**config, **serialize(self._fn_kwargs)}
            if type(self) is LossFunctionWrapper
            else config
        )


def as_floats(y_true: Any, y_pred: Any, dtype: str | None = None) -> tuple[Any, Any]:
    """Targets and predictions as tensors of one floating-point dtype, that of the predictions."""
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = dtype or (y_pred.dtype if is_float(y_pred.dtype) else standardize_dtype(None))
    return ops.cast(y_true, dtype), ops.cast(y_pred, dtype)


def as_pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """`as_floats`, brought to the same rank: how every loss function begins."""
    return same_rank(*as_floats(y_true, y_pred))


def as_labels(y_true: Any, rank: int) -> Any:
    """Class numbers of a rank: a last axis of size 1 beyond it goes."""
    return ops.squeeze(y_true, -1) if y_true.ndim == rank + 1 and y_true.shape[-1] == 1 else y_true
