# SPDX-License-Identifier: Apache-2.0
"""The IDX files of the MNIST family, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np

_UNSIGNED_BYTE = 0x08  # the type code of all files of the MNIST family
_GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """Reads an IDX file of unsigned bytes.

    The file starts with two zero bytes, the type code and the number of axes; a big-endian 32-bit
    integer for the length of each axis; then come the values, the last axis running fastest.

    Args:
        path: The file; it is unpacked if it starts as a gzip file does, whatever its name.
        ndim: Number of axes that it must have: 3 for images, 1 for labels.

    Returns:
        An array of `uint8`.

    Raises:
        ValueError: If the file is not such a file, or is longer or shorter than it says.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
    """
    content = path.read_bytes()
    if content[:2] == _GZIP_MAGIC:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise ValueError(f"{path} is a damaged gzip file: {error}") from error

    magic = bytes([0, 0, _UNSIGNED_BYTE, ndim])
    header = 4 + 4 * ndim
    if content[:4] != magic or len(content) < header:
        raise ValueError(
            f"{path} is not an IDX file of unsigned bytes with {ndim} axes: expected it to start "
            f"with the bytes {magic.hex(' ')} and {ndim} lengths. "
            f"Received: {content[:4].hex(' ') or 'an empty file'}"
        )
    shape = tuple(np.frombuffer(content, ">u4", count=ndim, offset=4).tolist())
    size = math.prod(shape)
    if len(content) - header != size:
        raise ValueError(
            f"{path} says that it holds an array of shape {shape}, {size} bytes. "
            f"Received: {len(content) - header} bytes"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()
