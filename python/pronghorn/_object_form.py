# SPDX-License-Identifier: Apache-2.0
"""Configs as plain data: the recursive form that Keras writes into its files.

An object is ``{"module", "class_name", "config", "registered_name"}``. Nothing that is read here is
ever executed: classes and functions are found by name, among ours and those the user registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

import numpy as np

from pronghorn import dtype_policies
from pronghorn._configurable import FAMILIES, Family, is_ours
from pronghorn.saving.registry import (
    CustomObjectScope,
    get_registered_name,
    get_registered_object,
)

# Keras's function names start in one of these, in this order, if a file does not say which.
_FUNCTION_MODULES = ("keras.activations", "keras.losses", "keras.metrics")
_KERAS = ("keras", "tf_keras", "tensorflow")


def serialize(value: Any) -> Any:
    """`value` as data that JSON can hold.

    Raises:
        TypeError: for what has no such form.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping) and not hasattr(value, "get_config"):
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
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    family: Family | None = None,
    in_graph: bool = False,
) -> Any:
    """The inverse of `serialize`.

    Args:
        config: plain data; dicts without ``class_name`` and ``config`` stay dicts.
        custom_objects: name -> class or function.
        family: where to look for a class if the config names no module, as in files of Keras 2.
        in_graph: a layer is going to be called, which builds it.

    Raises:
        TypeError, ValueError: for classes and functions that are not known, or Python bytecode.
    """
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize(config, None, family, in_graph)
    if isinstance(config, (list, tuple)):
        return [deserialize(item, family=family) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize(item, family=family) for key, item in config.items()}
    class_name, inner = config["class_name"], config["config"]
    if not isinstance(class_name, str):
        raise ValueError(f"`class_name` must be a string. Received: {class_name!r}")
    if class_name.startswith("__"):
        return _from_special(class_name, inner)
    if class_name in ("DTypePolicy", "Policy"):  # Policy: of Keras 2
        return dtype_policies.deserialize(config)
    if class_name == "function":
        return _find_function(inner, config)
    cls = _find_class(config, family)
    if not isinstance(inner, Mapping):
        raise ValueError(f"the config of a {class_name} must be a dict. Received: {inner!r:.100}")
    scope = _shared.get()
    made = None if scope is None else scope.find(config)
    if made is None:
        made = _made(cls, config, in_graph)
        if scope is not None:
            scope.add(config, made)
    return made


def _made(cls: Any, form: Mapping[str, Any], in_graph: bool) -> Any:
    config = form["config"]
    try:
        made = cls.from_config(config) if hasattr(cls, "from_config") else cls(**config)
        build, compile = form.get("build_config"), form.get("compile_config")
        if build and not in_graph and hasattr(made, "build_from_config") and not made.built:
            made.build_from_config(build)
        if compile and hasattr(made, "compile_from_config"):
            made.compile_from_config(compile)
    except RecursionError:
        raise
    except Exception as error:
        if getattr(error, "names_object", False):
            raise
        raise _named(error, cls, config) from error
    return made


def _named(error: Exception, cls: Any, config: Mapping[str, Any]) -> Exception:
    """An error with the object that it is about: a TypeError or a ValueError."""
    name = config.get("name")
    which = f"{cls.__name__} {name!r}" if isinstance(name, str) else cls.__name__
    kind: Any = type(error) if isinstance(error, (TypeError, ValueError)) else ValueError
    said = f"{which}: {error if kind is type(error) else repr(error)}"
    try:
        named = kind(said)
    except Exception:  # an error that wants more than a message
        named = ValueError(said)
    named.names_object = True
    return named


def _object(value: Any) -> dict[str, Any]:
    cls, scope = type(value), _shared.get()
    whole = scope is not None and scope.self_contained
    get_config = getattr(value, "get_whole_config" if whole else "get_config", value.get_config)
    config = {key: serialize(item) for key, item in get_config().items()}
    family = getattr(cls, "family", None)
    if family is not None and family.members.get(cls.__name__) is cls:
        registered = cls.__name__ if family.is_registered else None
        form = _form(family.module, cls.__name__, config, registered)
    else:
        form = _form(_module_of(cls), cls.__name__, config, get_registered_name(cls))
    for key in ("build_config", "compile_config"):
        part: Any = getattr(value, f"get_{key}", dict)()
        if part:
            form[key] = serialize(part)
    if scope is not None and id(value) in scope.ids:
        form["shared_object_id"] = scope.ids[id(value)]
    return form


def _function(value: Any) -> Any:
    name = value.__name__
    if any(family.members.get(name) is value for family in FAMILIES.values()):
        return name
    if name == "<lambda>":
        raise TypeError(
            f"cannot store a lambda in a config: {value!r}. Give it a name with `def` and register "
            "it with `@keras.saving.register_keras_serializable()`"
        )
    return function_form(get_registered_name(value))


def function_form(name: str) -> dict[str, Any]:
    """A function by its name, where a name alone would not do."""
    return _form("builtins", "function", name, "function")


def _form(module: str | None, name: str, config: Any, registered: str | None) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def _module_of(cls: type) -> str | None:
    return None if cls.__module__ == "__main__" else cls.__module__


def _special(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


def _from_special(name: str, config: Any) -> Any:
    if name == "__numpy__":
        dtype = np.dtype(config["dtype"])
        # A string dtype would tell a length, and so how much memory to take.
        return np.array(config["value"], dtype if dtype.kind in "biuf" else dtype.kind)
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


def class_of(form: Mapping[str, Any]) -> Any:
    """The class of an object form, or None if it is not known."""
    try:
        return _find_class(form, None)
    except (TypeError, ValueError):
        return None


def _find_class(config: Mapping[str, Any], family: Family | None) -> Any:
    name, registered = config["class_name"], config.get("registered_name")
    module = config.get("module")
    for known in (registered, module):
        if known is not None and not isinstance(known, str):
            raise ValueError(
                f"`module` and `registered_name` must be strings. Received: {known!r:.100}"
            )
    of_keras = (module or "").partition(".")[0] in _KERAS
    for key in (registered,) if of_keras else (registered, name):
        found = get_registered_object(key) if key else None
        if found is not None:
            return found
    for place in _families(module, family):
        try:
            found = place.find(name)
        except ValueError:
            if module in FAMILIES:
                raise  # it tells what is close
            continue
        if inspect.isclass(found):
            return found
    unknown = ValueError if of_keras else TypeError
    raise unknown(
        f"Could not find the class {name!r}"
        + (f" (registered as {registered!r})" if registered and registered != name else "")
        + (f" of the module {module!r}" if module else "")
        + ". If it is yours, register it with `@keras.saving.register_keras_serializable()` before "
        f"loading, or pass `custom_objects={{{registered or name!r}: ...}}`."
    )


def _families(module: str | None, family: Family | None) -> list[Family]:
    """Where a class of a module may be: Keras has moved its own about, `keras.src.layers...`."""
    if module is None:
        return [] if family is None else [family]
    if module in FAMILIES:
        return [FAMILIES[module]]
    first, *rest = module.split(".")
    if first not in _KERAS:
        return []
    named = [f for f in FAMILIES.values() if f.module.rpartition(".")[2] in rest]
    return named or list(FAMILIES.values())


def _find_function(name: Any, config: Mapping[str, Any]) -> Any:
    keys = (name, config.get("registered_name"))
    if not all(isinstance(key, (str, type(None))) for key in keys):
        raise ValueError(f"the name of a function must be a string. Received: {name!r:.100}")
    found = next(filter(None, (get_registered_object(key) for key in keys if key)), None)
    if found is None:
        found = _function_of_ours(name)
    if found is None:
        raise TypeError(
            f"Could not find the function {name!r}. Register it with "
            "`@keras.saving.register_keras_serializable()` before loading, or pass "
            f"`custom_objects={{{name!r}: ...}}`."
        )
    return found


def _function_of_ours(name: str) -> Any:
    """A public function of a family, or of the module of the family: `binary_accuracy`."""
    for module in _FUNCTION_MODULES:
        member = FAMILIES[module].members.get(name) if module in FAMILIES else None
        if member is None and name not in ("get", "serialize", "deserialize"):
            member = getattr(import_module(module.replace("keras", "pronghorn")), name, None)
        if inspect.isfunction(member) and is_ours(member):
            return member
    return None


# -- layers that are part of two models ------------------------------------------------------------


class _Shared:
    """Objects that stand in a file more than once and are one.

    Keras marks them with a number, but the first of them often lacks it: then the same class and
    config tell.
    """

    def __init__(self, ids: Mapping[int, int], self_contained: bool) -> None:
        self.ids = ids  # id of an object that is stored -> its number in the file
        self.self_contained = self_contained
        self._by_number: dict[int, Any] = {}
        self._by_config: dict[str, Any] = {}
        self._calls: dict[int, dict[int, int]] = {}  # id of layer -> id of model -> calls

    def calls_before(self, layer: Any, model: Any, count: int) -> int:
        calls = self._calls.setdefault(id(layer), {})
        calls.setdefault(id(model), count)
        return sum(calls[other] for other in list(calls)[: list(calls).index(id(model))])

    def find(self, form: Mapping[str, Any]) -> Any:
        number = form.get("shared_object_id")
        if not isinstance(number, int) or not hasattr(form["config"], "get"):
            return None
        if number in self._by_number:
            return self._by_number[number]
        return self._by_config.get(_without_numbers(form))

    def add(self, form: Mapping[str, Any], made: Any) -> None:
        number = form.get("shared_object_id")
        if isinstance(number, int):
            self._by_number[number] = made
        elif hasattr(made, "build_from_config"):
            self._by_config[_without_numbers(form)] = made


def _without_numbers(form: Any) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items() if k != "shared_object_id"}
        return [plain(v) for v in value] if isinstance(value, list) else value

    import json

    return json.dumps([form["class_name"], plain(form["config"])], sort_keys=True, default=str)


def calls_before(layer: Any, model: Any, count: int) -> int:
    """How often a layer was called in the models that were stored before in this file.

    Args:
        layer: of the model.
        model: is about to be stored.
        count: how often it calls the layer.
    """
    scope = _shared.get()
    if scope is None or id(layer) not in scope.ids:
        return 0
    return scope.calls_before(layer, model, count)


_shared: ContextVar[_Shared | None] = ContextVar("shared objects", default=None)


@contextmanager
def shared_objects(
    ids: Mapping[int, int] | None = None, self_contained: bool = False
) -> Iterator[None]:
    """The scope of one file.

    Args:
        ids: id of an object that is stored -> the number that marks it in the file.
        self_contained: the file has no place beside the configs for what some layers put there.
    """
    token = _shared.set(_Shared(ids or {}, self_contained))
    try:
        yield
    finally:
        _shared.reset(token)
