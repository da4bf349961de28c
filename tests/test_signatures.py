# SPDX-License-Identifier: Apache-2.0
"""Arguments: those of Keras, in its order, with its defaults; an unknown one is an error.

Found through the recorded names of Keras and the registries, so that no class can be forgotten.
"""

from __future__ import annotations

import inspect
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import pronghorn as keras
from pronghorn._configurable import FAMILIES, constructor_arguments

FIXTURES = Path(__file__).parent / "fixtures"
KERAS = json.loads((FIXTURES / "keras" / "signatures.json").read_text())
OURS = runpy.run_path(str(FIXTURES / "record_signatures.py"))["signatures"]("pronghorn")

# Arguments of Keras that are not taken, and why.
NOT_TAKEN = {
    "lora_rank lora_alpha quantization_config gptq_unpacked_column_size": "adapters, quantization",
    "input_tensor input_tensors": "tensors of other frameworks",
    "call_function recursive": "clone_model copies layers only",
    "stateless_metrics": "the opposite of stateful_metrics",
    "preferred_backend": "there is one",
}
LEFT_OUT = {name for names in NOT_TAKEN for name in names.split()}
# Names of first arguments, by which nobody calls them.
PLACES = {"serialize", "deserialize"}
# Where a default is another one on purpose.
OTHER_DEFAULTS = {"Optimizer": "learning_rate", "Progbar": "interval"}
COMMON = [(m, n) for m in KERAS for n in KERAS[m] if n in OURS.get(m, {})]


def _parameters(text: str) -> dict[str, str]:
    """Name -> default as text, of a recorded signature, without `*` and ``**kwargs``."""
    inside = text.removeprefix("(").removesuffix(")")
    parts = re.split(r", (?![^\[({]*[\])}])", inside) if inside else []
    named = [part.partition("=") for part in parts if not part.startswith("*")]
    return {name: default for name, _, default in named if name != "/"}


def _accepted(module: str, name: str) -> dict[str, str]:
    """What ours takes: by its own signature, and by those it passes the rest on to."""
    found = _parameters(OURS[module][name])
    member: Any = keras
    for part in (*module.split("."), name):
        member = getattr(member, part)
    if inspect.isclass(member) and hasattr(member, "family"):
        passed_on = {n: repr(a.default) for n, a in constructor_arguments(member).items()}
        found = passed_on | found
    return found


@pytest.mark.parametrize(("module", "name"), COMMON)
def test_arguments_are_those_of_keras(module: str, name: str) -> None:
    theirs, ours = _parameters(KERAS[module][name]), _accepted(module, name)
    if name in PLACES:
        assert len(ours) == len(theirs) or module == "dtype_policies"
        return
    assert set(theirs) - set(ours) <= LEFT_OUT
    for argument in set(theirs) & set(ours) - {OTHER_DEFAULTS.get(name)}:
        assert ours[argument] == theirs[argument], argument
    listed = [n for n in _parameters(OURS[module][name]) if n in theirs]
    if name != "InputLayer" and not KERAS[module][name].startswith("(**"):
        assert listed == [n for n in theirs if n in listed]


INPUT = keras.Input((1,))
# A value for arguments that have no default.
NEEDED = {
    "units": 1, "rate": 0.5, "stddev": 0.1, "equation": "ab,bc->ac", "output_shape": 2,
    "input_dim": 3, "output_dim": 2, "dims": (1,), "n": 2, "target_shape": (1,), "axes": 1,
    "activation": "relu", "function": abs, "num_bins": 4, "num_tokens": 4, "scale": 2.0,
    "layer": keras.layers.Identity(), "fn": abs, "num_classes": 2, "target_class_ids": [0],
    "recall": 0.5, "precision": 0.5, "specificity": 0.5, "sensitivity": 0.5,
    "initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, "first_decay_steps": 5,
    "boundaries": [1], "values": [0.1, 0.2], "optimizer_map": keras.optimizers.SGD,
    "default_optimizer": keras.optimizers.SGD(), "inputs": INPUT, "outputs": INPUT,
}  # fmt: skip
CLASSES = {
    f"{module}.{name}": cls
    for module, family in FAMILIES.items()
    for name, cls in family.members.items()
    if inspect.isclass(cls)
    and cls.__module__.startswith("pronghorn.")
    # Their other arguments are those of the function.
    and name not in ("LossFunctionWrapper", "MeanMetricWrapper")
}


@pytest.mark.parametrize("name", CLASSES)
def test_an_unknown_argument_is_an_error_that_names_it(name: str) -> None:
    cls = CLASSES[name]
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    missing = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    options = {argument: NEEDED[argument] for argument in missing}
    with pytest.raises((TypeError, ValueError), match="unitz"):
        cls(**options, unitz=3)


def test_an_input_spec_says_what_does_not_fit() -> None:
    class Strict(keras.layers.Layer):
        def __init__(self, **spec: Any) -> None:
            super().__init__()
            self.input_spec = keras.layers.InputSpec(**spec)

        def call(self, x: Any) -> Any:
            return x

    x = keras.ops.ones((2, 3, 4))
    for spec in (
        {"shape": (None, 3, 4)},
        {"ndim": 3},
        {"max_ndim": 3, "min_ndim": 3},
        {"axes": {-1: 4}},
        {"dtype": "float32"},
        {"shape": (2, 3, 4, 1), "allow_last_axis_squeeze": True},
    ):
        assert Strict(**spec)(x).shape == (2, 3, 4)
    for spec, message in (
        ({"shape": (None, 3, 5)}, "shape="),
        ({"ndim": 2}, "ndim=2, found ndim=3"),
        ({"max_ndim": 2}, "max_ndim=2"),
        ({"min_ndim": 4}, "min_ndim=4"),
        ({"axes": {1: 4}}, "axis 1"),
        ({"dtype": "int32"}, "dtype=int32"),
        ({"shape": (2, 3), "allow_last_axis_squeeze": True}, "ndim=2"),
    ):
        with pytest.raises(ValueError, match=message):
            Strict(**spec)(x)
