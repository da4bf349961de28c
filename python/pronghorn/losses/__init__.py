# SPDX-License-Identifier: Apache-2.0
"""What training makes small."""

from __future__ import annotations

from typing import Any

from pronghorn.losses._binary_crossentropy import BinaryCrossentropy, binary_crossentropy
from pronghorn.losses._binary_focal_crossentropy import (
    BinaryFocalCrossentropy,
    binary_focal_crossentropy,
)
from pronghorn.losses._categorical_crossentropy import (
    CategoricalCrossentropy,
    categorical_crossentropy,
)
from pronghorn.losses._categorical_focal_crossentropy import (
    CategoricalFocalCrossentropy,
    categorical_focal_crossentropy,
)
from pronghorn.losses._categorical_generalized_cross_entropy import (
    CategoricalGeneralizedCrossEntropy,
    categorical_generalized_cross_entropy,
)
from pronghorn.losses._categorical_hinge import CategoricalHinge, categorical_hinge
from pronghorn.losses._circle import Circle, circle
from pronghorn.losses._cosine_similarity import CosineSimilarity, cosine_similarity
from pronghorn.losses._dice import Dice, dice
from pronghorn.losses._hinge import Hinge, hinge
from pronghorn.losses._huber import Huber, huber
from pronghorn.losses._kl_divergence import KLDivergence, kl_divergence
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
from pronghorn.losses._poisson import Poisson, poisson
from pronghorn.losses._sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)
from pronghorn.losses._squared_hinge import SquaredHinge, squared_hinge
from pronghorn.losses._tversky import Tversky, tversky
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
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]
