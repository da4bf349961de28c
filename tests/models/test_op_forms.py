# SPDX-License-Identifier: Apache-2.0
"""Ops in files are those of real Keras (`fixtures/record_op_forms.py`)."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import pronghorn as keras
from pronghorn.models.op_forms import FORMS, FUNCTIONS

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "keras" / "op_forms.json").read_text()
)
CLASSES = {
    (module, cls): arguments
    for module, of_module in RECORDED["classes"].items()
    for cls, arguments in of_module.items()
}
TABLE = [
    (module, cls, arguments.split())
    for module, of_module in FORMS.items()
    for arguments, classes in of_module.items()
    for cls in classes.split()
]


@pytest.mark.parametrize(("module", "cls", "of_call"), TABLE)
def test_arguments_of_a_call_and_of_a_config_are_apart_as_in_keras(module, cls, of_call):
    recorded = CLASSES[module, cls]
    assert of_call == recorded["call"]
    function = FUNCTIONS.get(cls.lower())
    if function is not None:
        parameters = inspect.signature(function).parameters.values()
        named = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
        assert named - set(of_call) <= set(recorded["config"])


def test_every_op_that_both_libraries_have_is_in_the_table():
    known = {(module, cls) for module, cls, _ in TABLE}
    both = {key for key in CLASSES if key[1].lower() in FUNCTIONS}
    # Their arguments are functions, which stand in no file.
    of_functions = {
        "AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap",
        "Vectorize", "WhileLoop",
    }  # fmt: skip
    assert sorted(cls for module, cls in both - known if cls not in of_functions) == []


def ops_of(config: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of ops, with all arguments of their calls under their names."""
    ops = [e for e in config["layers"] if str(e.get("module")).startswith("keras.src.ops.")]
    ops = json.loads(json.dumps(ops))
    for op in ops:
        if op["class_name"] == "TrueDivide":  # another name of the same function
            op["class_name"] = op["registered_name"] = "Divide"
        (call,) = op["inbound_nodes"]
        names = CLASSES[op["module"].removeprefix("keras.src.ops."), op["class_name"]]["call"]
        if names != ["operands"]:
            call["kwargs"] |= dict(zip(names, call.pop("args"), strict=False))
    return ops


@pytest.mark.parametrize("name", RECORDED["graphs"])
def test_an_op_in_a_graph_is_read_and_written_as_keras_wrote_it(name):
    theirs = ops_of(RECORDED["graphs"][name])
    missing = [op["class_name"] for op in theirs if op["class_name"].lower() not in FUNCTIONS]
    if missing:
        pytest.skip(f"there is no op {missing}")
    model = keras.Model.from_config(RECORDED["graphs"][name])
    assert ops_of(model.get_config()) == theirs
