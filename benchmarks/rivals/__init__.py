# SPDX-License-Identifier: Apache-2.0
"""The libraries that `benchmarks.versus` compares: one module each, imported in its own process.

A rival is a class with

* `__init__(work, x, y, weights)`: builds the network with these weights;
* `epoch()`: trains on all rows once, in a new order;
* `epochs(count)`: so many, if one call of the library can do that;
* `loss(x, y)`: the mean loss, to see that it has learned the same;
* `predict(x)`: the outputs as a NumPy array;

of which it may leave out what it cannot do. `RIVALS` names them; what follows a colon in a name is
passed to the module's `rival(variant)`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

# Name -> (module here, what must be installed).
RIVALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pronghorn": ("pronghorn_rival", ("pronghorn",)),
    "pronghorn:predictor": ("pronghorn_rival", ("pronghorn",)),
    "numpy": ("numpy_rival", ("numpy",)),
    "keras:tensorflow": ("keras_rival", ("keras", "tensorflow")),
    "keras:jax": ("keras_rival", ("keras", "jax")),
    "keras:torch": ("keras_rival", ("keras", "torch")),
    "torch:eager": ("torch_rival", ("torch",)),
    "torch:compile": ("torch_rival", ("torch",)),
    "jax:step": ("jax_rival", ("jax",)),
    "jax:scan": ("jax_rival", ("jax",)),
    "scikit-learn": ("sklearn_rival", ("sklearn",)),
    "onnxruntime": ("onnx_rival", ("onnxruntime", "onnx")),
}


def installed() -> list[str]:
    """The rivals that can run here."""
    return [name for name, (_, needs) in RIVALS.items() if all(map(find_spec, needs))]


def load(name: str) -> Any:
    """The class of a rival."""
    module = import_module(f"benchmarks.rivals.{RIVALS[name][0]}")
    return module.rival(name.partition(":")[2])
