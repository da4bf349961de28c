# SPDX-License-Identifier: Apache-2.0
"""Text files that layers keep beside their weights, such as vocabularies."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pronghorn.saving.archive import Contents
from pronghorn.saving.places import places


def save_assets(model: Any) -> dict[str, bytes]:
    """Name in the container -> content, of all layers that have a `save_assets`."""
    files = {}
    for place, layer in places(model):
        if not hasattr(layer, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            layer.save_assets(folder)
            for file in sorted(Path(folder).iterdir()):
                below = f"assets/{place}" if place else "assets"
                files[f"{below}/{file.name}"] = file.read_bytes()
    return files


def load_assets(model: Any, contents: Contents) -> None:
    """Give every layer that has a `load_assets` a folder with its files."""
    for place, layer in places(model):
        if not hasattr(layer, "load_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, data in contents.assets(place).items():
                (Path(folder) / name).write_bytes(data)
            layer.load_assets(folder)
