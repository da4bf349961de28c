# SPDX-License-Identifier: Apache-2.0
"""Objects as plain data, and back: the form in which they stand in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def serialize_keras_object(obj: Any) -> Any:
    """An object with a config, or a list or dict of such, as data that JSON can hold.

    Args:
        obj: layer, loss, metric, optimizer, ..., function of ours or a registered one, array, or
            plain data.

    Returns:
        For an object a dict with `module`, `class_name`, `config` and `registered_name`.

    Raises:
        TypeError: for what has no such form.

    Example:

    >>> import pronghorn as keras
    >>> keras.saving.serialize_keras_object(keras.regularizers.L1(0.5))["config"]
    {'l1': 0.5}
    """
    from pronghorn._object_form import serialize

    return serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """The inverse of `serialize_keras_object`.

    Args:
        config: plain data.
        custom_objects: name -> class or function that is not registered.
        safe_mode: accepted for Keras's sake: Python code in a config is never run.

    Raises:
        TypeError, ValueError: for classes and functions that are not known, or Python bytecode.

    Example:

    >>> import pronghorn as keras
    >>> config = keras.saving.serialize_keras_object(keras.losses.MeanSquaredError())
    >>> keras.saving.deserialize_keras_object(config).name
    'mean_squared_error'
    """
    from pronghorn._object_form import deserialize

    return deserialize(config, custom_objects)
