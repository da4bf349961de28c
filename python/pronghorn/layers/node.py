# SPDX-License-Identifier: Apache-2.0
"""One call of a layer on tensors of a functional model."""

from __future__ import annotations

from typing import Any

from pronghorn._structure import flatten, map_leaves
from pronghorn.backend.keras_tensor import KerasTensor


class Node:
    """A call: its arguments, with KerasTensors in them, and the KerasTensors it returned."""

    def __init__(self, layer: Any, args: Any, kwargs: Any, outputs: Any) -> None:
        self.layer, self.args, self.kwargs, self.outputs = layer, args, kwargs, outputs
        for index, tensor in enumerate(flatten(outputs)):
            tensor.node, tensor.index = self, index

    @property
    def inputs(self) -> list[KerasTensor]:
        """The KerasTensors among the arguments, in order."""
        return tensors_in([self.args, self.kwargs])

    def run(self, value_of: dict[int, Any], layer: Any = None) -> Any:
        """The call again, on other values (by id of their KerasTensor), perhaps of a copy."""

        def substitute(leaf: Any) -> Any:
            return value_of[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

        args, kwargs = map_leaves(substitute, [list(self.args), dict(self.kwargs)])
        return (layer or self.layer)(*args, **kwargs)


def tensors_in(structure: Any) -> list[KerasTensor]:
    return [leaf for leaf in flatten(structure) if isinstance(leaf, KerasTensor)]
