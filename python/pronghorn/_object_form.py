# SPDX-License-Identifier: Apache-2.0
"""Configs as plain data: the recursive form that Keras writes into its files.

An object is ``{"module", "class_name", "config", "registered_name"}``. Nothing that is read here is
ever executed: classes and functions are found by name, among ours and those the user registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from pronghorn import dtype_policies
from pronghorn._configurable import FAMILIES, Family
from pronghorn.saving.registry import (
    CustomObjectScope,
    get_registered_name,
    get_registered_object,
)

# Keras's function names start in one of these, in this order, if a file does not say which.
_FUNCTION_MODULES = ("keras.activations", "keras.losses", "keras.metrics")


def serialize(value: Any) -> Any:
    """`value` as data that JSON can hold.

    Raises:
        TypeError: for what has no such form.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping):
        return {key: serialize(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, np.ndarray):
        return _special("__numpy__", value=value.tolist(), dtype=value.dtype.name)
    if isinstance(value, bytes):
        return _special("__bytes__", value=value.decode())
    if isinstance(value, slice):
        return _special("__slice__", start=value.start, stop=value.stop, step=value.step)
    if value is Ellipsis:
        return _special("__ellipsis__")
    if isinstance(value, dtype_policies.DTypePolicy):
        return dtype_policies.serialize(value)
    if hasattr(value, "get_config") and not inspect.isclass(value):
        return _object(value)
    if inspect.isroutine(value):
        return _function(value)
    if hasattr(value, "numpy"):
        array = np.asarray(value)
        return _special("__tensor__", value=array.tolist(), dtype=array.dtype.name)
    raise TypeError(
        f"cannot store {value!r} of type {type(value).__name__} in a config: give its class a "
        "`get_config()` method"
    )


def deserialize(
    config: Any, custom_objects: Mapping[str, Any] | None = None, family: Family | None = None
) -> Any:
    """The inverse of `serialize`.

    Args:
        config: plain data; dicts without ``class_name`` and ``config`` stay dicts.
        custom_objects: name -> class or function.
        family: where to look for a class if the config names no module, as in files of Keras 2.

    Raises:
        TypeError, ValueError: for classes and functions that are not known, or Python bytecode.
    """
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize(config, None, family)
    if isinstance(config, (list, tuple)):
        return [deserialize(item) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize(item) for key, item in config.items()}
    class_name, inner = config["class_name"], config["config"]
    if isinstance(class_name, str) and class_name.startswith("__"):
        return _from_special(class_name, inner)
    if class_name == "DTypePolicy":
        return dtype_policies.deserialize(config)
    if class_name == "function":
        return _find_function(inner, config)
    cls = _find_class(config, family)
    if not hasattr(cls, "from_config"):
        return cls(**inner)
    return cls.from_config(inner)


def _object(value: Any) -> dict[str, Any]:
    cls = type(value)
    config = {key: serialize(item) for key, item in value.get_config().items()}
    family = getattr(cls, "family", None)
    if family is not None and family.members.get(cls.__name__) is cls:
        return _form(family.module, cls.__name__, config, None)
    return _form(_module_of(cls), cls.__name__, config, get_registered_name(cls))


def _function(value: Any) -> Any:
    name = value.__name__
    if any(family.members.get(name) is value for family in FAMILIES.values()):
        return name
    if name == "<lambda>":
        raise TypeError(
            f"cannot store a lambda in a config: {value!r}. Give it a name with `def` and register "
            "it with `@keras.saving.register_keras_serializable()`"
        )
    return _form("builtins", "function", get_registered_name(value), "function")


def _form(module: str | None, name: str, config: Any, registered: str | None) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def _module_of(cls: type) -> str | None:
    return None if cls.__module__ == "__main__" else cls.__module__


def _special(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


def _from_special(name: str, config: Any) -> Any:
    if name == "__numpy__":
        return np.array(config["value"], config["dtype"])
    if name == "__tensor__":
        from pronghorn.backend import convert_to_tensor

        return convert_to_tensor(config["value"], config["dtype"])
    if name == "__bytes__":
        return config["value"].encode()
    if name == "__slice__":
        return slice(config["start"], config["stop"], config["step"])
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__lambda__":
        raise ValueError(
            "The config contains a Python lambda as bytecode. It is not loaded: that would run "
            "code out of a file. Write the function with `def`, and pass it in `custom_objects`."
        )
    raise ValueError(f"The config contains an object of unknown kind {name!r}.")


def _find_class(config: Mapping[str, Any], family: Family | None) -> Any:
    name, registered = config["class_name"], config.get("registered_name")
    module = config.get("module")
    for key in (registered, name) if not (module or "").startswith("keras") else (registered,):
        found = get_registered_object(key) if key else None
        if found is not None:
            return found
    for place in (FAMILIES.get(module or ""), family if module is None else None):
        if place is not None:
            found = place.find(name)
            if inspect.isclass(found):
                return found
    raise TypeError(
        f"Could not find the class {name!r}"
        + (f" (registered as {registered!r})" if registered and registered != name else "")
        + (f" of the module {module!r}" if module else "")
        + ". If it is yours, register it with `@keras.saving.register_keras_serializable()` before "
        f"loading, or pass `custom_objects={{{registered or name!r}: ...}}`."
    )


def _find_function(name: str, config: Mapping[str, Any]) -> Any:
    found = get_registered_object(name) or get_registered_object(config.get("registered_name", ""))
    for module in _FUNCTION_MODULES:
        if found is None and module in FAMILIES:
            member = FAMILIES[module].members.get(name)
            found = None if inspect.isclass(member) else member
    if found is None:
        raise TypeError(
            f"Could not find the function {name!r}. Register it with "
            "`@keras.saving.register_keras_serializable()` before loading, or pass "
            f"`custom_objects={{{name!r}: ...}}`."
        )
    return found
