# SPDX-License-Identifier: Apache-2.0
"""Show the version, the instruction set and threads in use, and the packages around.

Optional packages that are missing are listed with the extra that installs them.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(arguments: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.table import Table

    from pronghorn import __version__, _core, config

    table = Table(show_header=False, box=None)
    table.add_row("pronghorn", __version__)
    table.add_row("Python", f"{platform.python_version()} ({sys.executable})")
    table.add_row("system", f"{platform.system()} {platform.machine()}")
    table.add_row("processor", _processor())
    others = [isa for isa in _core.supported_isas() if isa != _core.isa()]
    table.add_row("instruction set", f"{_core.isa()} (also here: {', '.join(others)})")
    table.add_row("threads", str(config.num_threads()))
    table.add_row("default float", config.floatx())
    for name, extra in _packages():
        try:
            table.add_row(name, version(name))
        except PackageNotFoundError:
            if extra is not None:
                table.add_row(name, f"not installed (pip install 'pronghorn\\[{extra}]')")
    Console(highlight=False, soft_wrap=True).print(table)


def _packages() -> list[tuple[str, str | None]]:
    """Names of the packages that are needed, and of those that extras bring, with the extra."""
    try:
        found = requires("pronghorn") or []
    except PackageNotFoundError:  # runs from a source tree
        return [(name, None) for name in ("numpy", "h5py", "rich", "pooch")]
    packages: dict[str, str | None] = {}
    for requirement in found:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        if name is not None and (extra is None or extra[1] not in ("test", "bench")):
            packages.setdefault(name[0], extra and extra[1])
    return sorted(packages.items(), key=lambda item: (item[1] is not None, item[0]))


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"
