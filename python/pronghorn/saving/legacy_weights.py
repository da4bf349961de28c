# SPDX-License-Identifier: Apache-2.0
"""Weights in the layout of Keras 2: a group for each layer, by name.

`layer_names` lists the groups in the order of `model.layers`, and `weight_names` of each group its
data sets: trainable weights first, those of nested models included. They are matched by their
place in these lists; names only tell where the data is.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pronghorn.backend import Variable
from pronghorn.saving.hdf5 import StoredArray, child, names_in

TOP_LEVEL = "top_level_model_weights"


def group_of(file: Any) -> Any:
    """The group with the layers, in a file of weights or of a whole model; None if it has none."""
    for group in (file, child(file, "model_weights")):
        if group is not None and names_in(group, "layer_names") is not None:
            return group
    return None


def weights_of(layer: Any) -> list[Variable]:
    """The weights of a layer in the order of such files."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def load(model: Any, group: Any, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Set the weights of a model.

    Raises:
        ValueError: they do not fit; nothing is changed then.
    """
    stored = {name: _arrays(group, name) for name in names_in(group, "layer_names") or []}
    stored = {name: arrays for name, arrays in stored.items() if arrays}
    layers = [layer for layer in model.layers if weights_of(layer)]
    if by_name:
        pairs = [(layer, stored[layer.name]) for layer in layers if layer.name in stored]
    else:
        if len(layers) != len(stored):
            raise ValueError(
                f"Layer count mismatch: model {model.name!r} has {len(layers)} layers with weights "
                f"{[layer.name for layer in layers]}, and the file {len(stored)}: {list(stored)}"
            )
        pairs = list(zip(layers, stored.values(), strict=True))
    changes: list[tuple[Variable, StoredArray]] = []
    for layer, arrays in pairs:
        changes += _checked(layer.name, weights_of(layer), arrays, skip_mismatch)
    own, top = model._own_weights(), _arrays(group, TOP_LEVEL)
    if own and (top or not by_name):
        changes += _checked(model.name, own, top, skip_mismatch)
    values = [(variable, array.read()) for variable, array in changes]
    for variable, value in values:
        variable.assign(value)


def _arrays(group: Any, name: str) -> list[StoredArray]:
    layer = child(group, name)
    if layer is None:
        return []
    arrays = []
    for weight in names_in(layer, "weight_names") or []:
        dataset = child(layer, weight)
        if dataset is None or not hasattr(dataset, "shape"):
            raise ValueError(f"the file has no data set {weight!r} for the layer {name!r}")
        arrays.append(StoredArray(dataset))
    return arrays


def _checked(
    name: str, variables: Sequence[Variable], arrays: Sequence[StoredArray], skip_mismatch: bool
) -> list[tuple[Variable, StoredArray]]:
    """Pairs that fit. As in Keras a layer is skipped if the numbers differ, else a weight."""

    def skip(problem: str) -> None:
        if not skip_mismatch:
            raise ValueError(problem)
        warnings.warn(f"skipped: {problem}", stacklevel=6)

    if len(variables) != len(arrays):
        skip(
            f"Weight count mismatch for layer {name!r}: it has {len(variables)} weights "
            f"{[v.path for v in variables]}, and the file {len(arrays)}"
        )
        return []
    pairs = []
    for variable, array in zip(variables, arrays, strict=True):
        if array.shape == variable.shape:
            pairs.append((variable, array))
        else:
            skip(
                f"Shape mismatch in layer {name!r} for weight {variable.path!r}: it has shape "
                f"{variable.shape}, and the file {array.shape}"
            )
    return pairs
