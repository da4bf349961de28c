# SPDX-License-Identifier: Apache-2.0
"""Global heaps of HDF5 files, where texts of any length lie: their sizes are checked here, because
the HDF5 library follows them without end if one is zero.

A heap is "GCOL", version, its size, and objects: number, references, size, data padded to 8 bytes.
Object 0 is the free rest. (HDF5 file format specification 3.0, III.E; lengths of 8 bytes, as h5py
writes them.)
"""

from __future__ import annotations

import io
import mmap
import struct
from os import PathLike

_HEAP = b"GCOL\1\0\0\0"
_SIZE, _OBJECT = struct.Struct("<Q"), struct.Struct("<HHIQ")


def check_heaps(source: str | PathLike[str] | io.BytesIO) -> None:
    """Check the heaps of a file that is not empty.

    Raises:
        OSError: an object does not lie in its heap, or the free rest is no rest.
    """
    if isinstance(source, io.BytesIO):
        _check(source.getvalue())
        return
    with (
        open(source, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        _check(data)


def _check(data: bytes | mmap.mmap) -> None:
    start = data.find(_HEAP)
    while start >= 0:
        place = start + len(_HEAP)
        if place + _SIZE.size > len(data):
            return
        end = start + _SIZE.unpack_from(data, place)[0]
        place += _SIZE.size
        while place + _OBJECT.size <= min(end, len(data)):
            number, _, _, size = _OBJECT.unpack_from(data, place)
            step = size if number == 0 else _OBJECT.size + (size + 7) // 8 * 8
            if not _OBJECT.size <= step <= end - place:
                raise OSError(f"the global heap at byte {start} is damaged at byte {place}")
            place += step
        start = data.find(_HEAP, place)
