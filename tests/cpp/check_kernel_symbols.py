# SPDX-License-Identifier: Apache-2.0
"""Checks that the kernel objects of a build export their table and nothing else.

`python tests/cpp/check_kernel_symbols.py <build folder>`

The kernels are compiled once per instruction set. If two of these objects held the same inline
function or template instance, the linker would keep one copy for everybody: perhaps the one with
AVX-512 instructions, which crashes on other machines. Names with external linkage must therefore
not exist there, but for one table in each object.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

# Letters of nm: local text, data, bss, read-only data, debugging symbols, absolute ones.
# 'u', 'v', 'w' and 'i' are lower case too, but are shared between objects.
LOCAL = set("tdbrnNa")
FOLDER = re.compile(r"^pronghorn_kernels_(\w+)\.dir$")


def kernel_objects(build: Path) -> list[tuple[str, Path]]:
    """Finds the objects in a build folder, with the instruction set of each."""
    return sorted(
        (match[1], path)
        for path in build.rglob("*.o")
        for parent in path.parents
        if (match := FOLDER.match(parent.name))
    )


def exported(listing: str) -> list[str]:
    """Returns the names in the output of `nm -C --defined-only` that other objects can see."""
    rows = (line.split(maxsplit=2) for line in listing.splitlines() if line.strip())
    return [name for _, kind, name in rows if kind not in LOCAL]


def check(isa: str, names: list[str]) -> str:
    """Returns what is wrong with the exported names of an object, or nothing."""
    table = f"pronghorn::{isa}::table"
    if missing := {table} - set(names):
        return f"does not export {missing.pop()}"
    others = [name for name in names if name != table]
    return f"exports more than its table: {', '.join(others)}" if others else ""


def main(build: Path) -> int:
    objects = kernel_objects(build)
    if not objects:
        print(f"No kernel objects in {build}")
        return 1
    failures = 0
    for isa, path in objects:
        listing = subprocess.run(
            ["nm", "-C", "--defined-only", str(path)], check=True, capture_output=True, text=True
        ).stdout
        if problem := check(isa, exported(listing)):
            print(f"{path.relative_to(build)} {problem}")
            failures += 1
    print(f"{len(objects)} kernel objects, {failures} of them with wrong symbols")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
