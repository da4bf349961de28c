# SPDX-License-Identifier: Apache-2.0
"""What happens around the reading of a model's file, whatever its format."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pronghorn._object_form import deserialize, shared_objects
from pronghorn.layers.layer import LAYERS
from pronghorn.layers.weight_limit import weights_at_most
from pronghorn.models.model import Model
from pronghorn.saving.keras2 import modern_form
from pronghorn.saving.registry import CustomObjectScope
from pronghorn.saving.versions import newer_writer

# A model may have weights that its file has not, such as those of layers in lists that older
# versions of Keras forgot. This many numbers are allowed beyond those that the file holds.
_SPARE = 1 << 24


class Reading:
    """One file that is read.

    Attributes:
        writer: what the file tells of who wrote it.
    """

    def __init__(self) -> None:
        self.writer: Any = None
        self._numbers = 0

    def limit_weights(self, arrays: Mapping[str, Any]) -> None:
        """The model must not have more weights than the file has numbers, but for some."""
        self._numbers = sum(array.nbytes for array in arrays.values())

    def modern(self, form: Any) -> dict[str, Any]:
        """A model's form as Keras 3 has it.

        Raises:
            ValueError: it is no form of an object.
        """
        if not isinstance(form, Mapping) or not {"class_name", "config"} <= form.keys():
            raise ValueError("its config is not that of a model")
        return modern_form(form)

    def model_from(self, form: Mapping[str, Any]) -> Any:
        """A model from its form.

        Raises:
            ValueError: the form is of something else, or of a model with far more weights than the
                file holds.
        """
        with weights_at_most(self._numbers + _SPARE):
            model = deserialize(form, family=LAYERS)
        if not isinstance(model, Model):
            raise ValueError(f"it holds a {type(model).__name__}, and not a model")
        return model


@contextmanager
def reading_a_model(
    path: Path, custom_objects: Mapping[str, Any] | None = None
) -> Iterator[Reading]:
    """Names of the user, shared objects, and errors that name the file and its writer."""
    reading = Reading()
    try:
        with CustomObjectScope(custom_objects or {}), shared_objects():
            yield reading
    except RecursionError as error:
        raise ValueError(f"{path} cannot be loaded: it is nested too deeply") from error
    except Exception as error:
        kind: Any = type(error) if type(error) in (ValueError, TypeError) else ValueError
        if isinstance(error, OSError) and str(path) in str(error):
            raise
        said = error if isinstance(error, (ValueError, TypeError, OSError)) else repr(error)
        newer = newer_writer(reading.writer)
        raise kind(f"{path} cannot be loaded: {said}" + (f" {newer}" if newer else "")) from error
    newer = newer_writer(reading.writer)
    if newer:
        warnings.warn(f"{path}: {newer} What is new in it may be missing.", stacklevel=5)
