# SPDX-License-Identifier: Apache-2.0
"""Names of a package that are imported when they are first used, so that its import is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    package: str, modules: Mapping[str, str | None]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """`__getattr__` and `__dir__` of a package (PEP 562).

    Args:
        package: its `__name__`.
        modules: name -> its module in the package, such as `".plots.plot_model"`; None if it is
            itself one.
    """

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = modules[name]
        if module is None:
            return import_module(f".{name}", package)
        return getattr(import_module(module, package), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, names
