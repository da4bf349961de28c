# SPDX-License-Identifier: Apache-2.0
"""Files, and the names by which files know classes."""

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
