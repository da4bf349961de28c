# SPDX-License-Identifier: Apache-2.0
"""model_from_json: a model from text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn._object_form import deserialize
from pronghorn.models.model import Model
from pronghorn.saving.registry import CustomObjectScope


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model of `model.to_json()`, here or in Keras, with new weights.

    It is compiled if the other was.

    Args:
        json_string: the text.
        custom_objects: name -> class or function of yours that is not registered.

    Raises:
        ValueError: the text is no JSON, or not of a model.
        TypeError: it names a class or function that is not known.

    Example:

    >>> import pronghorn as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> keras.models.model_from_json(model.to_json()).count_params()
    15
    """
    import json

    config = json.loads(json_string)
    with CustomObjectScope(custom_objects or {}):
        model = deserialize(config)
        if not isinstance(model, Model):
            raise ValueError(f"`json_string` is not of a model. Received: {json_string[:100]!r}")
    return model
