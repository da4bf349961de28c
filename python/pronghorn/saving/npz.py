# SPDX-License-Identifier: Apache-2.0
"""NumPy's `.npz` with the names that HDF5 files have for weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np

from pronghorn.saving.hdf5 import UnreadableFileError
from pronghorn.saving.state import State


class _Member:
    """An array in a `.npz` file; only its header is read before `read`."""

    def __init__(self, archive: Any, info: Any) -> None:
        self._archive, self._info = archive, info
        with archive.open(info) as file:
            version = np.lib.format.read_magic(file)
            header = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            self.shape, self._fortran, self.dtype = header(file)
            self._start = file.tell()
        self.nbytes = math.prod(self.shape) * self.dtype.itemsize
        if self.dtype.kind not in "biuf":
            raise ValueError(f"{info.filename} is not made of numbers ({self.dtype})")
        if self.nbytes != info.file_size - self._start:
            raise ValueError(f"{info.filename} claims {self.shape}, but its size is another")
        if info.file_size > (1 << 26) and info.file_size > 1000 * info.compress_size:
            raise ValueError(f"{info.filename} is compressed beyond what weights can be")

    def read(self) -> np.ndarray:
        with _readable(self._info.filename):
            data = self._archive.read(self._info)
        order: Any = "F" if self._fortran else "C"
        return np.frombuffer(data, self.dtype, offset=self._start).reshape(self.shape, order=order)


@contextmanager
def opened(source: Any, label: str | PathLike[str]) -> Iterator[dict[str, Any]]:
    """Name -> array, for a path or a binary file.

    Raises:
        UnreadableFileError: it is no such file, or a damaged one.
    """
    import zipfile

    with _readable(label):
        archive = zipfile.ZipFile(source)
    with archive:
        with _readable(label):
            members = archive.infolist()
            arrays = {m.filename.removesuffix(".npy"): _Member(archive, m) for m in members}
        yield arrays


@contextmanager
def _readable(label: Any) -> Iterator[None]:
    """What damaged files raise, as one kind of error."""
    import tokenize
    import zipfile
    import zlib

    damaged = (OSError, EOFError, KeyError, MemoryError, NotImplementedError, RuntimeError)
    parsing = (SyntaxError, tokenize.TokenError, TypeError, ValueError)
    try:
        yield
    except (*damaged, *parsing, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableFileError(f"{label} is not a readable .npz file: {error}") from error


def write(target: Any, state: State) -> None:
    """Write to a path or a binary file."""
    arrays = {
        f"{place}/vars/{key}" if place else f"vars/{key}": array
        for place, (_, of_place) in state.items()
        for key, array in of_place.items()
    }
    np.savez(target, **arrays)  # type: ignore[arg-type]
