# SPDX-License-Identifier: Apache-2.0
"""Finds the file of a data set on this machine, or downloads it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web.

    Args:
        name: Name under which it is kept.
        url: Where it is downloaded from.
        sha256: Checksum of its content, in hexadecimal.
    """

    name: str
    url: str
    sha256: str


def data_folders(dataset: str) -> list[Path]:
    """Lists the folders in which files of a data set are looked for, in this order.

    `PRONGHORN_DATA_DIR` comes first, because somebody set it; then the cache of pronghorn and the
    cache of Keras. In each, the folder of the data set comes before the files that lie loose.
    """
    roots = [cache_folder(), Path.home() / ".keras" / "datasets"]
    if given := os.environ.get("PRONGHORN_DATA_DIR"):
        roots.insert(0, Path(given).expanduser())
    spellings = dict.fromkeys([dataset, dataset.replace("_", "-")])
    return [folder for root in roots for folder in (*(root / name for name in spellings), root)]


def cache_folder() -> Path:
    """Returns the folder that keeps downloaded files."""
    return Path.home() / ".pronghorn" / "datasets"


def find_all(folders: Sequence[Path], names: Sequence[str]) -> list[Path] | None:
    """Returns the paths of all `names` in the first folder that has all of them."""
    for folder in folders:
        paths = [folder / name for name in names]
        if all(path.is_file() for path in paths):
            return paths
    return None


def fetch(dataset: str, files: Sequence[RemoteFile], also_accepted: str = "") -> list[Path]:
    """Downloads the files of a data set into the cache, unless they are there already.

    Raises:
        OSError: If a download fails or brings something else than expected. The text says which
            file to put where.
    """
    import pooch  # needs a tenth of a second, and most programs never come here

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # its "Downloading data from ... to ..." goes to stderr
    folder = cache_folder() / dataset
    try:
        return [
            Path(pooch.retrieve(file.url, f"sha256:{file.sha256}", fname=file.name, path=folder))
            for file in files
        ]
    # pooch lets through what its transport raises, which are OSErrors, and reports a wrong
    # checksum by a ValueError.
    except (OSError, ValueError) as error:
        raise OSError(_how_to_get(dataset, files, also_accepted)) from error
    finally:
        logger.setLevel(level)


def _how_to_get(dataset: str, files: Sequence[RemoteFile], also_accepted: str) -> str:
    given = os.environ.get("PRONGHORN_DATA_DIR")
    wanted = "\n".join(f"  {file.name}  from {file.url}" for file in files)
    return (
        f"The data set {dataset!r} is not on this machine and could not be downloaded.\n"
        f"Get on another machine\n{wanted}\n"
        + (f"({also_accepted})\n" if also_accepted else "")
        + f"and put it into\n  {cache_folder() / dataset}\n"
        f"or into the folder {dataset}/ of a directory of yours, named by the environment variable "
        f"PRONGHORN_DATA_DIR (now: {given if given else 'not set'})."
    )
