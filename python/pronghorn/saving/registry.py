# SPDX-License-Identifier: Apache-2.0
"""Names for classes and functions that are not ours, so that files and strings can use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, TypeVar

_Registered = TypeVar("_Registered", bound=Callable[..., Any])

_by_name: dict[str, Any] = {}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_in_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom objects", default=_NOTHING)


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[_Registered], _Registered]:
    """Makes a class or function known as ``package>name``, for saving and loading.

    Args:
        package: keeps names of different origin apart.
        name: defaults to the name of the class or function.

    Raises:
        TypeError: (from the decorator) for anything but a class or function.

    Example:
    >>> import pronghorn as keras
    >>> @keras.saving.register_keras_serializable(package="book")
    ... def cube(x):
    ...     return x * x * x
    >>> keras.saving.get_registered_name(cube)
    'book>cube'
    """

    def register(registered: _Registered) -> _Registered:
        if not callable(registered):
            raise TypeError(f"expected a class or a function. Received: {registered!r}")
        key = f"{package}>{name or registered.__name__}"
        for old in [known for known, value in _by_name.items() if value is registered]:
            del _by_name[old]
        _by_name[key] = registered
        return registered

    return register


def get_registered_name(obj: Any) -> str:
    """``package>name`` of a registered class or function, else its own name.

    Example:
    >>> import pronghorn as keras
    >>> keras.saving.get_registered_name(len)
    'len'
    """
    for name, registered in _by_name.items():
        if registered is obj:
            return name
    return obj.__name__


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The class or function of a name, or None.

    Args:
        name: ``package>name``, or what it is called in `custom_objects` or a `CustomObjectScope`.
        custom_objects: looked at after the scope and the registry.
        module_objects: looked at last.

    Example:
    >>> import pronghorn as keras
    >>> keras.saving.get_registered_object("cube", custom_objects={"cube": len})
    <built-in function len>
    """
    for names in (_in_scope.get(), _by_name, custom_objects or {}, module_objects or {}):
        if name in names:
            return names[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """The registry itself: name -> class or function. Changes to it count."""
    return _by_name


class CustomObjectScope:
    """Names for classes and functions, inside a ``with`` block.

    Args:
        custom_objects: name -> class or function.

    Example:
    >>> import pronghorn as keras
    >>> with keras.saving.CustomObjectScope({"double": lambda x: 2 * x}):
    ...     keras.activations.get("double")(21)
    42
    """

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._outer: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> CustomObjectScope:
        self._outer.append(_in_scope.set({**_in_scope.get(), **self.custom_objects}))
        return self

    def __exit__(self, *exception: object) -> None:
        _in_scope.reset(self._outer.pop())


custom_object_scope = CustomObjectScope
