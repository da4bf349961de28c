# SPDX-License-Identifier: Apache-2.0
"""What training makes small."""

from __future__ import annotations

from typing import Any

from pronghorn.losses._binary_crossentropy import BinaryCrossentropy, binary_crossentropy
from pronghorn.losses._categorical_crossentropy import (
    CategoricalCrossentropy,
    categorical_crossentropy,
)
from pronghorn.losses._huber import Huber, huber
from pronghorn.losses._log_cosh import LogCosh, log_cosh
from pronghorn.losses._mean_absolute_error import MeanAbsoluteError, mean_absolute_error
from pronghorn.losses._mean_absolute_percentage_error import (
    MeanAbsolutePercentageError,
    mean_absolute_percentage_error,
)
from pronghorn.losses._mean_squared_error import MeanSquaredError, mean_squared_error
from pronghorn.losses._mean_squared_logarithmic_error import (
    MeanSquaredLogarithmicError,
    mean_squared_logarithmic_error,
)
from pronghorn.losses._sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)
from pronghorn.losses.loss import LOSSES, Loss, LossFunctionWrapper

serialize = LOSSES.serialize
deserialize = LOSSES.deserialize


def get(identifier: Any) -> Any:
    """The loss that a name, a config, a class, an instance or a function stands for.

    Names of functions ("mse", "mean_squared_error") give the function, names of classes
    ("MeanSquaredError") an instance.

    Raises:
        ValueError: unknown name.

    Example:
    >>> import pronghorn as keras
    >>> keras.losses.get("mse") is keras.losses.mean_squared_error
    True
    """
    return LOSSES.get(identifier)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "serialize",
    "sparse_categorical_crossentropy",
]
