# SPDX-License-Identifier: Apache-2.0
"""Configs meant for every Keras from 3.0 on: what newer ones write, older ones refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn._configurable import constructor_arguments
from pronghorn._object_form import class_of

# Arguments that Keras has had since the version after the colon. They are written only if they are
# not what they are by default; a missing key means the default, everywhere.
_NEWER = {
    "gradient_accumulation_steps": "3.1",
    "oov_method": "3.14",
    "salt": "3.14",
    "rms_scaling": "3.4",
    "ragged": "3.9",
    "optional": "3.13",
    "renorm": "3.14",
    "renorm_clipping": "3.14",
    "renorm_momentum": "3.14",
    "input_axes": "3.15",
    "output_axes": "3.15",
}


def portable(form: Any) -> Any:
    """An object form, and all in it, as every Keras from 3.0 on understands it."""
    if isinstance(form, list):
        return [portable(item) for item in form]
    if not isinstance(form, Mapping):
        return form
    if form.get("class_name") == "DTypePolicy":  # before 3.4 its name alone stood in files
        return form["config"]["name"]
    form = {key: portable(value) for key, value in form.items()}
    if "class_name" not in form or not isinstance(form.get("config"), dict):
        return form
    defaults = _defaults(form)
    config = {
        key: value
        for key, value in form["config"].items()
        if key not in _NEWER or key not in defaults or value != defaults[key]
    }
    for ends in ("input_layers", "output_layers"):  # a lone tensor without a list: since 3.11
        place = config.get(ends)
        if isinstance(place, list) and place and isinstance(place[0], str):
            config[ends] = [place]
    module = form.get("module")
    if module is not None and form.get("registered_name") and not module.startswith("keras"):
        form["module"] = None  # a class of the user: found by its registered name
    return form | {"config": config}


def _defaults(form: Mapping[str, Any]) -> dict[str, Any]:
    cls = class_of(form)
    arguments = {} if cls is None else constructor_arguments(cls)
    return {name: argument.default for name, argument in arguments.items()}
