# SPDX-License-Identifier: Apache-2.0
"""Files, and the names by which files know classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pronghorn._lazy import lazy
from pronghorn.saving.objects import deserialize_keras_object as deserialize_keras_object
from pronghorn.saving.objects import serialize_keras_object as serialize_keras_object
from pronghorn.saving.registry import CustomObjectScope as CustomObjectScope
from pronghorn.saving.registry import custom_object_scope as custom_object_scope
from pronghorn.saving.registry import get_custom_objects as get_custom_objects
from pronghorn.saving.registry import get_registered_name as get_registered_name
from pronghorn.saving.registry import get_registered_object as get_registered_object
from pronghorn.saving.registry import (
    register_keras_serializable as register_keras_serializable,
)

if TYPE_CHECKING:
    from pronghorn.saving.model_files import load_model as load_model
    from pronghorn.saving.model_files import save_model as save_model
    from pronghorn.saving.weights import load_weights as load_weights
    from pronghorn.saving.weights import save_weights as save_weights

# They need the models, which need this package.
__getattr__, __dir__ = lazy(
    __name__,
    {
        "load_model": ".model_files",
        "save_model": ".model_files",
        "load_weights": ".weights",
        "save_weights": ".weights",
    },
)
