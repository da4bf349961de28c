# SPDX-License-Identifier: Apache-2.0
"""Weights in safetensors files, which other libraries read as well.

Each weight stands under its path, such as `dense/kernel`, in the shape it has here: a kernel is
(inputs, units). A second weight of the same path gets `_1` behind it. The optimizer's state is not
part of it. The metadata hold `writer` and `order`, the names in the order of `model.weights` as a
JSON list.

https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from pronghorn.backend import Variable

ENDING = ".safetensors"


def write(path: Path, model: Any) -> None:
    """Write all weights of a built model."""
    _need_package()
    from safetensors.numpy import save_file

    from pronghorn import __version__

    named = names_of_weights(model)
    metadata = {"writer": f"pronghorn {__version__}", "order": json.dumps(list(named))}
    arrays = {name: np.ascontiguousarray(variable.numpy()) for name, variable in named.items()}
    save_file(arrays, path, metadata=metadata)


def load(model: Any, path: Path, skip_mismatch: bool) -> None:
    """Read the weights of a built model.

    They are found by name. If the names are others (automatic names depend on what was made before)
    but the file tells their order, they are taken in that.

    Args:
        skip_mismatch: leave weights as they are that do not fit, with a warning.

    Raises:
        ValueError: the file is not readable or does not fit; nothing is changed then.
    """
    _need_package()
    from safetensors import SafetensorError, safe_open

    named = names_of_weights(model)
    try:
        with safe_open(path, framework="numpy") as file:
            stored = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            shapes = {name: tuple(part.get_shape()) for name, part in stored.items()}
            source = _sources(named, shapes, (file.metadata() or {}).get("order"))
            problems = _problems(named, source, shapes)
            if problems and not skip_mismatch:
                raise ValueError(f"{path.name} does not fit model {model.name!r}: {problems[0]}")
            for problem in problems:
                warnings.warn(f"skipped: {problem}", stacklevel=4)
            changes = [
                (variable, _numbers(file.get_tensor(source[name]), source[name]))
                for name, variable in named.items()
                if shapes.get(source.get(name, "")) == variable.shape
            ]
    except (OSError, SafetensorError, TypeError) as error:  # TypeError: a dtype NumPy has not
        raise ValueError(f"{path} is not a readable safetensors file: {error}") from error
    for variable, array in changes:
        variable.assign(array)


def arrays_of(path: Path) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and dtype of each array, sorted by name."""
    _need_package()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            parts = {name: file.get_slice(name) for name in sorted(file.keys())}
            return [(n, tuple(p.get_shape()), p.get_dtype()) for n, p in parts.items()]
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} is not a readable safetensors file: {error}") from error


def names_of_weights(model: Any) -> dict[str, Variable]:
    """Name in the file -> weight, in the order of `model.weights`."""
    named: dict[str, Variable] = {}
    for variable in model.weights:
        name, number = variable.path, 0
        while name in named:
            number += 1
            name = f"{variable.path}_{number}"
        named[name] = variable
    return named


def _sources(
    named: dict[str, Variable], shapes: dict[str, tuple[int, ...]], order: str | None
) -> dict[str, str]:
    """For each weight the name under which the file has it."""
    if set(named) != set(shapes) and order is not None:
        try:
            names = json.loads(order)
        except ValueError:
            names = None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            by_order = dict(zip(named, names, strict=False))
            in_order = len(names) == len(named) and set(names) == set(shapes)
            if in_order and not _problems(named, by_order, shapes):
                return by_order
    return {name: name for name in named if name in shapes}


def _problems(
    named: dict[str, Variable], source: dict[str, str], shapes: dict[str, tuple[int, ...]]
) -> list[str]:
    problems = []
    for name, variable in named.items():
        if name not in source:
            problems.append(f"it has no weight {name!r}, but {sorted(shapes)}")
        elif shapes[source[name]] != variable.shape:
            problems.append(
                f"weight {name!r} has shape {variable.shape}, but the file has "
                f"{shapes[source[name]]}"
            )
    unused = sorted(set(shapes) - set(source.values()))
    if unused:
        problems.append(f"the model has no weights {unused}, but {list(named)}")
    return problems


def _numbers(array: Any, name: str) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"weight {name!r} is not made of numbers that fit ({array.dtype})")
    return array


def _need_package() -> None:
    if find_spec("safetensors") is None:
        raise ImportError(
            "a `.safetensors` file needs the package safetensors: "
            "`pip install 'pronghorn[safetensors]'`"
        )
