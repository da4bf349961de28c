# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any


class Config(MutableMapping[str, Any]):
    """Named values, as attributes or as items, that can be frozen.

    Args:
        **kwargs: the values to begin with.

    Raises:
        AttributeError: a value that is not there is asked for as an attribute.
        ValueError: something is changed after `freeze()`.

    Example:

    >>> import pronghorn as keras
    >>> config = keras.utils.Config(learning_rate=0.1)
    >>> config.seed = 123
    >>> config["seed"], config.to_json()
    (123, '{"learning_rate": 0.1, "seed": 123}')
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_values", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether changes are errors."""
        return self._frozen

    def freeze(self) -> None:
        """Make changes errors from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, Any]:
        """A copy as a dict."""
        return dict(self._values)

    def to_json(self) -> str:
        """The values as JSON."""
        import json

        return json.dumps(self._values)

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        raise AttributeError(f"This config has {sorted(self._values)}. Received: {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._check_open()
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        self._check_open()
        del self._values[key]

    def _check_open(self) -> None:
        if self._frozen:
            raise ValueError("This config is frozen: `unfreeze()` it before changing it.")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"
