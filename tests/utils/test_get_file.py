# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import threading
import zipfile
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

import pronghorn as keras


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path):
    """A folder and the address under which it is served."""
    folder = tmp_path / "web"
    folder.mkdir()
    server = HTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_downloaded_once(web, tmp_path: Path) -> None:
    folder, address = web
    (folder / "a.txt").write_text("first")
    digest = hashlib.sha256(b"first").hexdigest()
    get = partial(
        keras.utils.get_file, origin=f"{address}/a.txt", cache_dir=tmp_path, cache_subdir="kept"
    )
    path = Path(get(file_hash=digest))
    assert path == tmp_path / "kept" / "a.txt"
    (folder / "a.txt").write_text("second")
    assert Path(get()).read_text() == "first"
    assert Path(get(force_download=True)).read_text() == "second"
    with pytest.raises(ValueError, match="hash"):
        get("b.txt", file_hash=digest)


def test_an_archive_is_unpacked(web, tmp_path: Path) -> None:
    folder, address = web
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("inside.txt", "text")
    path = keras.utils.get_file(origin=f"{address}/a.zip", extract=True, cache_dir=tmp_path)
    assert (Path(path) / "inside.txt").read_text() == "text"


def test_an_address_is_needed() -> None:
    with pytest.raises(ValueError, match="origin"):
        keras.utils.get_file("a.txt")
