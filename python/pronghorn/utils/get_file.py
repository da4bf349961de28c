# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file on this machine, which is downloaded if it is not there yet.

    Args:
        fname: name under which it is kept; the last part of the address by default.
        origin: address on the web.
        untar: old name of `extract`.
        md5_hash: old name of `file_hash`.
        file_hash: checksum in hexadecimal, which the content must have.
        cache_subdir: folder below `cache_dir`.
        hash_algorithm: "sha256", "md5", or "auto" to tell by the length of `file_hash`.
        extract: unpack a zip or tar archive; the folder it was unpacked into is returned.
        archive_format: "zip", "tar", or "auto" to tell by the name.
        cache_dir: where files are kept, ``~/.keras`` by default.
        force_download: download it again.

    Raises:
        ValueError: there is no address, or the content has another checksum.
        OSError: the download failed.
    """
    from pathlib import Path  # with what it imports a twentieth of `import pronghorn`
    from urllib.parse import urlsplit

    if origin is None:
        raise ValueError("`origin` is missing: the address of the file. Received: origin=None")
    file_hash, extract = file_hash or md5_hash, extract or untar
    folder = Path(cache_dir or Path.home() / ".keras").expanduser() / cache_subdir
    name = fname or Path(urlsplit(origin).path).name
    if not name:
        raise ValueError(f"`fname` is missing: the address names no file. Received: {origin!r}")
    if force_download:
        (folder / name).unlink(missing_ok=True)
    import pooch  # a tenth of a second of import

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        processor = _unpacker(pooch, name, archive_format) if extract else None
        known = f"{_algorithm(file_hash, hash_algorithm)}:{file_hash}" if file_hash else None
        pooch.retrieve(origin, known, fname=name, path=folder, processor=processor)
    finally:
        logger.setLevel(level)
    return str(folder / name) + (_UNPACKED if extract else "")


_UNPACKED = "_extracted"


def _algorithm(file_hash: str, algorithm: str) -> str:
    return ("sha256" if len(file_hash) == 64 else "md5") if algorithm == "auto" else algorithm


def _unpacker(pooch: object, name: str, archive_format: str | None) -> object:
    is_zip = archive_format == "zip" or (archive_format == "auto" and name.endswith(".zip"))
    make = pooch.Unzip if is_zip else pooch.Untar  # type: ignore[attr-defined]
    return make(extract_dir=f"{name}{_UNPACKED}")
