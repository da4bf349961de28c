# SPDX-License-Identifier: Apache-2.0
"""Arrays in HDF5 files, and nothing else that such a file can hold.

Links to other files, data sets that lie in other files, and data sets that claim to be far larger
than what is stored are refused before memory is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np

from pronghorn.saving.hdf5_heaps import check_heaps

# What is stored may be compressed, and an array of equal numbers compresses well; but beyond these
# it is made to exhaust memory.
_LARGE, _RATIO = 1 << 26, 1000
# Filters that come with every HDF5 library: deflate, shuffle, Fletcher's checksum. Others would be
# loaded as plugins.
_FILTERS = (1, 2, 3)


class StoredArray:
    """An array in a file: its shape is known, its numbers are read by `read`.

    Raises:
        ValueError: it is no array of numbers, or not really in this file.
    """

    def __init__(self, dataset: Any) -> None:
        name = dataset.name
        self.dtype = dataset.dtype
        if self.dtype.kind not in "biuf" and not self._is_bfloat16:
            raise ValueError(f"data set {name} is not made of numbers ({self.dtype})")
        if dataset.shape is None:
            raise ValueError(f"data set {name} is empty")
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"data set {name} takes its data from another file")
        creation = dataset.id.get_create_plist()
        if any(creation.get_filter(i)[0] not in _FILTERS for i in range(creation.get_nfilters())):
            raise ValueError(f"data set {name} is stored with an unusual filter")
        stored = dataset.id.get_storage_size()
        if dataset.nbytes > _LARGE and dataset.nbytes > _RATIO * stored:
            raise ValueError(
                f"data set {name} of shape {dataset.shape} claims {dataset.nbytes} bytes, of which "
                f"{stored} are stored"
            )
        self._dataset = dataset
        self.shape: tuple[int, ...] = dataset.shape
        self.nbytes: int = dataset.nbytes

    @property
    def _is_bfloat16(self) -> bool:
        return bool(self.dtype.kind == "V" and self.dtype.itemsize == 2)

    def read(self) -> np.ndarray:
        """The numbers; bfloat16 as float32."""
        with _readable(self._dataset.name):
            array = np.asarray(self._dataset[()])
        if not self._is_bfloat16:
            return array
        return (array.view("<u2").astype("<u4") << 16).view("<f4")


@contextmanager
def hdf5_file(source: Any, label: str | PathLike[str]) -> Iterator[Any]:
    """An HDF5 file that is read.

    Args:
        source: path, or a binary file that can be read.
        label: what it is called in messages.

    Raises:
        UnreadableFileError: it is no HDF5 file, or a damaged one.
    """
    import h5py

    with _readable(label):
        file = h5py.File(source, "r")
    with file:
        with _readable(label):
            check_heaps(source)
        yield file


def arrays_in(group: Any) -> dict[str, StoredArray]:
    """Path within the group -> array, for all arrays. Links are not followed."""
    import h5py

    found: dict[str, StoredArray] = {}

    def collect(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = StoredArray(item)

    with _readable(group.file.filename):
        group.visititems(collect)
    return found


class UnreadableFileError(OSError, ValueError):
    """A file that is damaged or of another kind: an OSError and a ValueError."""


@contextmanager
def _readable(label: Any) -> Iterator[None]:
    """What h5py raises for damaged files, as one kind of error."""
    try:
        yield
    except ValueError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, MemoryError, AttributeError) as error:
        raise UnreadableFileError(f"{label} is not a readable HDF5 file: {error}") from error


def write_arrays(file: Any, place: str, arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Arrays as data sets of a new group."""
    group = file.create_group(place)
    group.attrs["name"] = name
    for key, array in arrays.items():
        group[key] = array


def child(group: Any, path: str) -> Any:
    """What a group holds under a path, without following links; None if there is nothing."""
    import h5py

    for name in path.split("/"):
        if not isinstance(group, h5py.Group) or not name:
            return None
        with _readable(group.name):
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                return None
            group = group[name]
    return group


def text_in(group: Any, attribute: str) -> str | None:
    """A text in an attribute, or None.

    Raises:
        ValueError: it is no text.
    """
    with _readable(group.name):
        value = group.attrs.get(attribute)
        text = value.decode() if isinstance(value, bytes) else value
    if text is not None and not isinstance(text, str):
        raise ValueError(f"attribute {attribute!r} is no text")
    return text


def names_in(group: Any, attribute: str) -> list[str] | None:
    """A list of names in an attribute, which Keras splits if it is long; None if it is not there.

    Raises:
        ValueError: it is no list of names.
    """
    with _readable(group.name):
        known = set(group.attrs)
        parts = [attribute] if attribute in known else []
        while f"{attribute}{len(parts)}" in known and attribute not in known:
            parts.append(f"{attribute}{len(parts)}")
        if not parts:
            return None
        values = [np.ravel(group.attrs[part]) for part in parts]
    names = [v.decode() if isinstance(v, bytes) else v for part in values for v in part]
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"attribute {attribute!r} of {group.name} is no list of names: {names}")
    return names
