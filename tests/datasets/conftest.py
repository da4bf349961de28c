# SPDX-License-Identifier: Apache-2.0
"""A machine without data sets and without a network."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home folder; downloads fail."""
    import pooch

    def no_network(*args, **kwargs):
        raise ConnectionError("there is no network in this test")

    monkeypatch.setattr(pooch, "retrieve", no_network)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("PRONGHORN_DATA_DIR", raising=False)
    return tmp_path
