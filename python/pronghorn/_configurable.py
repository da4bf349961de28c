# SPDX-License-Identifier: Apache-2.0
"""Things that a name or a dict can stand for: losses, layers, optimizers, activations, ...

Each kind is a `Family`. A class of ours belongs to its family from the moment it is defined, and
its config is read off the signature of its `__init__`: every argument is kept as an attribute of
the same name. So a new class, or a new argument, is saved, found by name and tested by existing.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Module as Keras writes it into files -> family.
FAMILIES: dict[str, Family] = {}


class Family:
    """All classes and functions of one kind, by the names a user may type.

    Args:
        kind: what one of them is called in messages ("loss").
        module: the public module in Keras ("keras.losses"), as it stands in files.
        ignore_case: "SGD", "Sgd" and "sgd" are the same.
        functions_first: "hinge" means a function of that name rather than the class `Hinge`.
        is_registered: files name its classes as they do those of users.
    """

    def __init__(
        self,
        kind: str,
        module: str,
        ignore_case: bool = False,
        functions_first: bool = True,
        is_registered: bool = False,
    ) -> None:
        self.kind, self.module, self.is_registered = kind, module, is_registered
        self._ignore_case, self._functions_first = ignore_case, functions_first
        self._members: dict[str, Any] = {}  # class or function name -> itself
        self._aliases: dict[str, Any] = {}  # what else a user may type
        FAMILIES[module] = self

    @property
    def members(self) -> dict[str, Any]:
        """Name -> class or function, each once, in order of definition."""
        return dict(self._members)

    def add(self, member: Any, aliases: Iterable[str] = ()) -> None:
        """Make a class or function known under its name, its snake case, and aliases."""
        self._members[member.__name__] = member
        for name in aliases:
            self._aliases[name] = member
        if inspect.isclass(member):
            self._aliases.setdefault(to_snake_case(member.__name__), member)

    def function(self, *aliases: str) -> Callable[[_Function], _Function]:
        """Decorator that adds a function."""

        def add(function: _Function) -> _Function:
            self.add(function, aliases)
            return function

        return add

    def find(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The class or function of a name.

        Raises:
            ValueError: nothing has that name; the message lists close ones.
        """
        from pronghorn.saving.registry import get_registered_object

        known = self._members | self._aliases
        if self._functions_first:
            known |= self._members
        lower = {key.lower(): value for key, value in known.items()} if self._ignore_case else {}
        found = known.get(name) or lower.get(name.lower())
        if found is None:
            found = get_registered_object(name, custom_objects)
        if found is None:
            from difflib import get_close_matches  # 2 ms of import for the sake of an error

            close = get_close_matches(name, known, n=4)
            hint = f" Did you mean {_any_of(close)}?" if close else ""
            raise ValueError(
                f"Unknown {self.kind}: {name!r}.{hint} A class or function of your own can be "
                "passed itself, or by name if it is registered with "
                "`@keras.saving.register_keras_serializable()`."
            )
        return found

    def get(self, identifier: Any) -> Any:
        """What a user means by None, a name, a config, a class, or the thing itself.

        Raises:
            ValueError: unknown name, or something that cannot be one.
        """
        if identifier is None:
            return None
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        found = self.find(identifier) if isinstance(identifier, str) else identifier
        if inspect.isclass(found):
            found = found()
        if not callable(found) and not isinstance(found, Configurable):
            raise ValueError(
                f"Expected a {self.kind}: its name, a class, an instance, a function or a config. "
                f"Received: {identifier!r} of type {type(identifier).__name__}"
            )
        return found

    def serialize(self, member: Any) -> Any:
        """A name (of a function of ours) or an object form that `deserialize` takes back."""
        from pronghorn._object_form import serialize

        return serialize(member)

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The inverse of `serialize`; also takes configs without a module, of this family."""
        from pronghorn._object_form import deserialize

        if isinstance(config, str):
            return self.find(config, custom_objects)
        return deserialize(config, custom_objects, self)


class Given(dict[str, Any]):
    """The arguments that an object was constructed with; layers among them are no parts of it."""


class Configurable:
    """Base of everything with a config.

    A direct subclass names its family: ``class Loss(Configurable, family=LOSSES)``. Classes derived
    from it inside this package are added to the family; ``aliases=("mse",)`` adds more names.
    A name with a leading underscore keeps a class out. Classes of the user have to be registered.
    """

    family: ClassVar[Family]

    def __init_subclass__(
        cls, family: Family | None = None, aliases: Iterable[str] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if family is not None:
            cls.family = family
        elif is_ours(cls) and not cls.__name__.startswith("_"):
            cls.family.add(cls, aliases)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        if cls.__init__ is object.__init__ and (args or kwargs):
            raise unknown_argument(cls, next(iter(kwargs), repr(args[0]) if args else ""))
        if not is_ours(cls):  # the user's attributes may have other names than the arguments
            try:
                bound = inspect.signature(cls.__init__).bind(self, *args, **kwargs)
            except TypeError:  # copy and pickle pass no arguments; else __init__ will complain
                return self
            for name, value in list(bound.arguments.items())[1:]:  # all but self
                kind = bound.signature.parameters[name].kind
                given = value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
                self.__dict__.setdefault("_arguments", Given()).update(given)
        return self

    def get_config(self) -> dict[str, Any]:
        """The arguments that make another one like this, as plain data."""
        from pronghorn._object_form import serialize

        given = self.__dict__.get("_arguments", {})
        config = {}
        for name, argument in constructor_arguments(type(self)).items():
            value = given.get(name, argument.default)
            if argument.is_attribute:
                value = getattr(self, name, value)
            config[name] = serialize(value)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """A new one from `get_config()`.

        Objects inside that tell their module are made from their configs too. Entries that are
        None and that this version does not know mean "the default" and are ignored: newer versions
        of Keras write them.
        """
        from pronghorn._object_form import deserialize

        known = constructor_arguments(cls)
        arguments = {}
        for name, value in config.items():
            if value is None and is_ours(cls) and name not in known:
                continue
            # Without a module (Keras 2) only the constructor knows which family is meant.
            arguments[name] = value if _names_no_module(value) else deserialize(value)
        return cls(**arguments)


class Argument(NamedTuple):
    """An argument of a constructor; `is_attribute`: a class of ours keeps it under its name."""

    default: Any
    is_attribute: bool


def constructor_arguments(cls: type) -> Mapping[str, Argument]:
    """The arguments that a class takes, those of its base classes first.

    Where an `__init__` takes ``**kwargs``, the arguments of the next class's `__init__` count too.
    """
    key: Any = cls  # hashable, as every class
    return _constructor_arguments(key)


@functools.lru_cache(maxsize=1024)
def _constructor_arguments(cls: Any) -> Mapping[str, Argument]:
    levels: list[dict[str, Any]] = []
    attributes: set[str] = set()
    passed_on = True
    for owner in cls.__mro__:
        if "__init__" not in owner.__dict__ or owner is object:
            continue
        parameters = list(inspect.signature(owner.__dict__["__init__"]).parameters.values())[1:]
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if is_ours(owner):
            attributes |= {p.name for p in named}
        if passed_on:
            levels.append({p.name: None if p.default is p.empty else p.default for p in named})
        passed_on = passed_on and any(p.kind is p.VAR_KEYWORD for p in parameters)
    defaults: dict[str, Any] = {}
    for level in reversed(levels):
        defaults |= level
    return {name: Argument(value, name in attributes) for name, value in defaults.items()}


def _names_no_module(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
        return False
    return "module" not in value and not value["class_name"].startswith("__")


class UnknownArgumentError(TypeError, ValueError):
    """A keyword that no `__init__` takes: a TypeError in Python, for Keras a ValueError."""


def unknown_argument(cls: type, name: str) -> UnknownArgumentError:
    """The error for a keyword that no `__init__` of a class takes."""
    valid = list(constructor_arguments(cls))
    from difflib import get_close_matches

    close = get_close_matches(name, valid, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return UnknownArgumentError(
        f"{cls.__name__} has no argument `{name}`.{hint} Its arguments are: {', '.join(valid)}."
    )


def is_ours(cls: Any) -> bool:
    """Whether a class or function is part of this package; those of its examples are a user's."""
    package, _, rest = (getattr(cls, "__module__", None) or "").partition(".")
    return package == __name__.partition(".")[0] and not rest.startswith("examples.")


def to_snake_case(name: str) -> str:
    """The name of a class as Keras spells it in snake case.

    >>> [to_snake_case(name) for name in ("HeNormal", "RMSprop", "L1L2", "F1Score")]
    ['he_normal', 'rm_sprop', 'l1l2', 'f1_score']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _any_of(names: list[str]) -> str:
    return " or ".join(repr(name) for name in names)
