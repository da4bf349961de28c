# SPDX-License-Identifier: Apache-2.0
"""Multilayer perceptrons on CPUs: Keras's own API on a small native engine.

>>> import pronghorn as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
>>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
>>> model.output_shape
(None, 3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

try:
    from pronghorn import _core as _core
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "pronghorn's native engine is missing: install the package with `pip install .`, and do "
        "not import it from the source folder"
    ) from error

from pronghorn import activations as activations
from pronghorn import backend as backend
from pronghorn import callbacks as callbacks
from pronghorn import config as config
from pronghorn import constraints as constraints
from pronghorn import distribution as distribution
from pronghorn import dtype_policies as dtype_policies
from pronghorn import initializers as initializers
from pronghorn import layers as layers
from pronghorn import losses as losses
from pronghorn import metrics as metrics
from pronghorn import mixed_precision as mixed_precision
from pronghorn import models as models
from pronghorn import ops as ops
from pronghorn import optimizers as optimizers
from pronghorn import random as random
from pronghorn import regularizers as regularizers
from pronghorn import saving as saving
from pronghorn import utils as utils
from pronghorn._lazy import lazy
from pronghorn.backend import GradientTape as GradientTape
from pronghorn.backend import KerasTensor as KerasTensor
from pronghorn.backend import Variable as Variable
from pronghorn.dtype_policies import DTypePolicy as DTypePolicy
from pronghorn.initializers import Initializer as Initializer
from pronghorn.layers import Input as Input
from pronghorn.layers import InputSpec as InputSpec
from pronghorn.layers import Layer as Layer
from pronghorn.losses import Loss as Loss
from pronghorn.metrics import Metric as Metric
from pronghorn.models import Model as Model
from pronghorn.models import Sequential as Sequential
from pronghorn.optimizers import Optimizer as Optimizer
from pronghorn.regularizers import Regularizer as Regularizer


def version() -> str:
    """The version of this package, as in `__version__`."""
    return __version__


if TYPE_CHECKING:
    from pronghorn import datasets as datasets
    from pronghorn import estimators as estimators
    from pronghorn import tuner as tuner
    from pronghorn import wrappers as wrappers

# `import pronghorn` does not wait for what most programs do without.
__getattr__, __dir__ = lazy(
    __name__, dict.fromkeys(("datasets", "estimators", "tuner", "wrappers"))
)
