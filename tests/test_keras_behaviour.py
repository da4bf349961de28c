# SPDX-License-Identifier: Apache-2.0
"""The scenarios of `fixtures/keras_behaviour.py`: they come out as on real Keras."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import pronghorn as keras

BEHAVIOUR = runpy.run_path(str(Path(__file__).parent / "fixtures" / "keras_behaviour.py"))
RECORDED = json.loads(BEHAVIOUR["RECORDED"].read_text())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BEHAVIOUR["SCENARIOS"])
def test_what_a_user_sees_is_what_keras_shows(name: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # so that what `outcome` sets is undone
    ours = BEHAVIOUR["outcome"](BEHAVIOUR["SCENARIOS"][name], keras)
    theirs = RECORDED[name]
    if "error" in theirs:
        assert "error" in ours, f"Keras raises {theirs['error'][0]}"
        assert theirs["error"][0] in ours["error"]
        return
    assert "result" in ours, ours
    _agree(ours["result"], theirs["result"], name)
    lines, wanted = (side["printed"].split("\n") for side in (ours, theirs))
    assert [line for line in lines if line] == [line for line in wanted if line]


def _agree(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, list):
        assert isinstance(ours, list), where
        assert len(ours) == len(theirs), f"{where}: {ours} {theirs}"
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            _agree(a, b, f"{where}[{index}]")
    elif isinstance(theirs, dict):
        assert ours["keys"] == theirs["keys"], where
        _agree(ours["values"], theirs["values"], where)
    elif isinstance(theirs, float):
        # float32 sums of up to 20 terms in different order
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5), where
    else:
        assert ours == theirs, where
