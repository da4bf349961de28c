# SPDX-License-Identifier: Apache-2.0
"""The state of a model as arrays under the places that files have for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from pronghorn.backend import Variable
from pronghorn.layers.layer import Layer
from pronghorn.layers.weights import HoldsWeights
from pronghorn.saving.keras2 import aligned_state
from pronghorn.saving.places import places

# place -> (name of the part, key -> array)
State = dict[str, tuple[str, dict[str, np.ndarray]]]
# place -> key -> array of a file: has `shape`, and `read()`
Stored = Mapping[str, Mapping[str, Any]]


def state_of(model: Any, include_optimizer: bool = True) -> State:
    """All arrays of a model: the weights of its layers, and the state of its optimizer."""
    state: State = {}
    for place, layer in places(model):
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        state[place] = (layer.name, {key: np.asarray(array) for key, array in store.items()})
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and include_optimizer:
        arrays = [variable.numpy() for variable in stepped(model).variables]
        state["optimizer"] = (optimizer.name, {str(i): a for i, a in enumerate(arrays)})
    return state


def stepped(model: Any) -> Any:
    """The optimizer of a model, or if it has not made a step a copy with all of its state.

    Keras makes that state when it loads a model, and warns if the file has none.
    """
    optimizer = model.optimizer
    if optimizer.built or not model.built or model._compiled is None:
        return optimizer
    full = type(optimizer).from_config(optimizer.get_config())
    full.build(model._trained_variables())
    for variable, value in zip(full.variables, optimizer.variables, strict=False):
        variable.assign(value.numpy())
    return full


def by_place(arrays: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`layers/dense/vars/0` -> array, sorted by place (`layers/dense`) and key (`0`)."""
    found: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        place, _, key = f"/{name}".rpartition("/vars/")
        if key and "/" not in key:
            found.setdefault(place.removeprefix("/"), {})[key] = array
    old = "_layer_checkpoint_dependencies"  # the list of layers in Keras 2.12
    if any(place.startswith(old) for place in found):
        found = {place.replace(old, "layers", 1): arrays for place, arrays in found.items()}
    return found


def load_state(
    model: Any,
    stored: Stored,
    skip_mismatch: bool = False,
    objects_to_skip: Iterable[Any] = (),
) -> None:
    """Set the weights of a model, and the state of its optimizer if it is there and fits.

    Raises:
        ValueError: what is stored does not fit; nothing is changed then.
    """
    changes: list[tuple[Variable, Any]] = []
    loaders: list[tuple[str, Layer]] = []
    failed: list[tuple[str, Exception]] = []
    skipped = {id(part) for part in objects_to_skip}
    for place, layer in places(model):
        if id(layer) in skipped:
            continue
        if type(layer).load_own_variables is not HoldsWeights.load_own_variables:
            loaders.append((place, layer))
            continue
        try:
            changes += matched(place, layer.name, layer._own_weights(), stored.get(place, {}))
        except ValueError as error:
            failed.append((layer.name, error))
    if failed and not skip_mismatch:
        raise _not_loaded(failed)
    changes += optimizer_changes(model, stored)
    values = [(variable, array.read()) for variable, array in changes]
    with _all_or_nothing(model, bool(loaders)):
        for place, layer in loaders:
            store = {key: array.read() for key, array in stored.get(place, {}).items()}
            try:
                layer.load_own_variables(store)
            except Exception as error:
                failed.append((layer.name, error))
        if failed and not skip_mismatch:
            raise _not_loaded(failed) from failed[0][1]
        for variable, value in values:
            variable.assign(value)
    if failed:
        warnings.warn(f"skipped: {_not_loaded(failed)}", stacklevel=4)


def _not_loaded(failed: list[tuple[str, Exception]]) -> ValueError:
    _, first = failed[0]
    if len(failed) == 1:
        return ValueError(str(first))
    return ValueError(
        f"A total of {len(failed)} layers could not be loaded. The first: {first}. All of them: "
        f"{[name for name, _ in failed]}"
    )


@contextmanager
def _all_or_nothing(model: Any, has_loaders: bool) -> Iterator[None]:
    """A `load_own_variables` of the user may fail half-way: the model is put back then."""
    kept = [(v, v.numpy()) for v in model.variables] if has_loaders else []
    attributes = [(layer, dict(vars(layer))) for _, layer in places(model)] if has_loaders else []
    try:
        yield
    except BaseException:
        for layer, values in attributes:
            layer.__dict__.clear()
            layer.__dict__.update(values)
        for variable, value in kept:
            variable.assign(value)
        raise


def matched(
    place: str, name: str, variables: list[Variable], stored: Mapping[str, Any]
) -> list[tuple[Variable, Any]]:
    """Variables with the arrays a file has for them, of which only the shapes are read here.

    Raises:
        ValueError: there are more or fewer, or a shape differs.
    """
    arrays = in_order(stored)
    if len(arrays) != len(variables):
        raise ValueError(
            f"Layer {name!r} expects {len(variables)} weights {[v.path for v in variables]}, but "
            f"the file has {len(arrays)} under {place!r}"
        )
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(array.shape) != variable.shape:
            raise ValueError(
                f"Layer {name!r}: weight {variable.path!r} has shape {variable.shape}, but the "
                f"file has {tuple(array.shape)} under {place!r}"
            )
    return list(zip(variables, arrays, strict=True))


def in_order(stored: Mapping[str, Any]) -> list[Any]:
    """Arrays with the keys 0, 1, 2, ... in that order."""
    return [stored[key] for key in sorted((k for k in stored if k.isdecimal()), key=int)]


def optimizer_changes(model: Any, stored: Stored) -> list[tuple[Variable, Any]]:
    """The state of an optimizer with the arrays a file has for it; none, and a warning, if they do
    not fit."""
    # Keras wraps the optimizer of a model with float16 into another.
    inner = stored.get("optimizer/inner_optimizer")
    arrays = in_order(stored.get("optimizer", {}) if inner is None else inner)
    return _optimizer_pairs(model, arrays, legacy=False)


def set_optimizer_state(model: Any, arrays: list[Any], legacy: bool) -> None:
    """Set the state of an optimizer from the arrays of an HDF5 file of Keras 2's format."""
    values = [(v, array.read()) for v, array in _optimizer_pairs(model, arrays, legacy)]
    for variable, value in values:
        variable.assign(value)


def _optimizer_pairs(model: Any, arrays: list[Any], legacy: bool) -> list[tuple[Variable, Any]]:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not arrays:
        return []
    if not optimizer.built and len(arrays) > len(optimizer.variables):
        optimizer.build(model._trained_variables())
    variables = list(optimizer.variables)
    if len(arrays) <= 2 < len(variables):  # it had not made a step: iteration and learning rate
        variables = variables[: len(arrays)]
    misfit = _misfit(variables, arrays)
    if misfit is not None or legacy:
        variables = list(optimizer.variables)
        aligned = aligned_state(optimizer, arrays, legacy)
        if _misfit(variables, aligned) is None:
            arrays, misfit = aligned, None
    if misfit is None:
        pairs = zip(variables, arrays, strict=True)
        return [(variable, array) for variable, array in pairs if array is not None]
    warnings.warn(
        f"Skipping variable loading for optimizer {optimizer.name!r}: {misfit}. It starts afresh.",
        stacklevel=5,
    )
    return []


def _misfit(variables: list[Variable], arrays: list[Any]) -> str | None:
    if len(variables) != len(arrays):
        return f"it has {len(variables)} variables and the file {len(arrays)}"
    for variable, array in zip(variables, arrays, strict=True):
        if array is not None and tuple(array.shape) != variable.shape:
            return (
                f"its variable {variable.path!r} has shape {variable.shape}, the file has "
                f"{tuple(array.shape)}"
            )
    return None
