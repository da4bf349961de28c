# SPDX-License-Identifier: Apache-2.0
"""The container of a model: a zip archive `.keras`, or a folder with the same files.

metadata.json       who wrote it
config.json         the model as plain data
model.weights.h5    all arrays
assets/             text files of some layers
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pronghorn.saving import npz
from pronghorn.saving.hdf5 import UnreadableFileError, arrays_in, hdf5_file

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_NPZ_WEIGHTS = "model.weights.npz"
_ASSETS = "assets"
# What a member may hold when it is unpacked: texts of this many bytes; weights of any size, but
# compressed to no less than a hundredth if they are large.
_LONGEST_TEXT, _LARGE, _RATIO = 1 << 26, 1 << 26, 100


def is_archive(path: Path) -> bool:
    """Whether a path is a folder with a model, or a zip file that is not a `.npz`."""
    if path.is_dir():
        return True
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04" and path.suffix != ".npz"


class Contents:
    """The files in a container that is read.

    Args:
        label: what it is called in messages.
        names: of all files in it.
        read: a file's bytes, at most as many as given.
    """

    def __init__(self, label: Path, names: list[str], read: Callable[[str, int], bytes]) -> None:
        self.label, self._names, self._read = label, set(names), read

    def text(self, name: str) -> bytes | None:
        """A short file, or None."""
        return self._read(name, _LONGEST_TEXT) if name in self._names else None

    @contextmanager
    def weights(self) -> Iterator[dict[str, Any]]:
        """Name -> array.

        Raises:
            ValueError: there are none.
        """
        label = f"{self.label} ({WEIGHTS})"
        if WEIGHTS in self._names:
            with hdf5_file(io.BytesIO(self._read(WEIGHTS, -1)), label) as file:
                yield arrays_in(file)
        elif _NPZ_WEIGHTS in self._names:
            with npz.opened(io.BytesIO(self._read(_NPZ_WEIGHTS, -1)), label) as arrays:
                yield arrays
        else:
            raise ValueError(f"{self.label} holds no {WEIGHTS}, only {sorted(self._names)[:10]}")

    def assets(self, place: str) -> dict[str, bytes]:
        """File name -> text, of the layer that has a place.

        A name cannot lead out of a folder: only names without one are looked for.
        """
        prefix = f"{_ASSETS}/{place}/" if place else f"{_ASSETS}/"
        names = [n for n in self._names if n.startswith(prefix)]
        found = {n.removeprefix(prefix): n for n in names}
        return {
            short: self._read(name, _LONGEST_TEXT)
            for short, name in found.items()
            if short and not set(short) & set("/\\:") and short not in (".", "..")
        }


@contextmanager
def open_archive(path: Path) -> Iterator[Contents]:
    """The files in a container.

    Raises:
        OSError: it is damaged.
        ValueError: a member is far larger than what is stored.
    """
    if path.is_dir():
        files = [p for p in path.rglob("*") if p.is_file() and not p.is_symlink()]
        names = [p.relative_to(path).as_posix() for p in files]

        def read_file(name: str, limit: int) -> bytes:
            size = (path / name).stat().st_size
            if 0 <= limit < size:
                raise ValueError(f"{path / name} is too long: {size} bytes")
            return (path / name).read_bytes()

        yield Contents(path, names, read_file)
        return
    import zipfile
    import zlib

    damaged = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
    try:
        archive = zipfile.ZipFile(path)
    except damaged as error:
        raise UnreadableFileError(f"{path} is a damaged zip archive: {error}") from error

    def read_member(name: str, limit: int) -> bytes:
        info = archive.getinfo(name)
        too_long = 0 <= limit < info.file_size
        if too_long or (info.file_size > _LARGE and info.file_size > _RATIO * info.compress_size):
            raise ValueError(
                f"{path}: {name} would be {info.file_size} bytes long, unpacked from "
                f"{info.compress_size}"
            )
        try:
            return archive.read(info)  # reads no more than `file_size`
        except damaged as error:
            raise UnreadableFileError(f"{path}: {name} is damaged: {error}") from error

    with archive:
        yield Contents(path, archive.namelist(), read_member)


def write_archive(path: Path, files: dict[str, bytes]) -> None:
    """A zip archive whose members are stored as they are, in this order."""
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """The same as files in a folder."""
    for name, data in files.items():
        path = folder / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def holds_only_a_model(folder: Path) -> bool:
    """Whether nothing is lost when a folder is replaced by that of a model."""
    ours = {METADATA, CONFIG, WEIGHTS, _ASSETS}
    names = {p.name for p in folder.iterdir()}
    return names <= ours and (not names or CONFIG in names)
