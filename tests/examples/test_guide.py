# SPDX-License-Identifier: Apache-2.0
"""The guide is true: its code runs, prints what it says, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import pronghorn as keras
from pronghorn import examples

FOLDER = Path(examples.__path__[0]) / "guide"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]*)#?([^)]*)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs_and_prints_what_it_says(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    for module in {"matplotlib", *IMPORT.findall(text)}:
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    keras.backend.clear_session()
    names: dict[str, object] = {"__name__": "guide"}
    printed = None
    for language, block in BLOCK.findall(text):
        if language == "text":
            assert printed == block
            printed = None
        else:
            assert not printed, f"the guide does not show what this prints: {printed}"
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block, page.name, "exec"), names)
            printed = output.getvalue()
    assert not printed
    pytest.importorskip("matplotlib.pyplot").close("all")


def test_there_are_nine_pages_and_the_contents_list_them():
    contents = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name, _ in LINK.findall(contents)] == [page.name for page in PAGES]
    assert len(PAGES) == 9


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_links_lead_to_a_page_and_a_heading(page):
    for name, heading in LINK.findall(page.read_text(encoding="utf-8")):
        text = (FOLDER / name).read_text(encoding="utf-8") if name else page.read_text("utf-8")
        anchors = {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").strip()).lower().replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not heading or heading in anchors
