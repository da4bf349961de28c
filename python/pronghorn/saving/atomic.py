# SPDX-License-Identifier: Apache-2.0
"""Writing so that there is always the old file or the new one, and never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def writable_path(path: Path, overwrite: bool) -> Path:
    """Where a file or folder will be written: a link stays a link.

    Raises:
        FileNotFoundError: there is no folder to write it into.
        FileExistsError: it exists and `overwrite` is False.
    """
    path = path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists, and overwrite=False")
    return path


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary file in the same folder that takes the place of `path` if all goes well."""
    import tempfile  # not needed to import the library, and slow

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        temporary.chmod(mode)
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place if all goes well.

    A folder cannot be replaced in one step as a file can: between two renames there is none. If
    the second fails, the old folder is put back.
    """
    import shutil
    import tempfile

    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                with file.open("rb+") as opened:
                    os.fsync(opened.fileno())
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            path.rename(old)
        try:
            temporary.rename(path)
        except BaseException:
            if old.exists():
                old.rename(path)
            raise
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk too, where a folder can be opened for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
