# SPDX-License-Identifier: Apache-2.0
"""The part of a functional model that works on arrays: lookups of strings, hashes, crosses.

Strings cannot enter a compiled program. The layers that read them run once over the data, before
`fit` begins, and the program starts from their results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn._structure import flatten
from pronghorn.backend import KerasTensor
from pronghorn.layers.node import Node


class Prepared(tuple[Any, ...]):
    """Values of `Preprocessing.results`, in their order: a model takes them instead of its inputs.

    `_fields` makes functions over structures keep the type, as that of a named tuple.
    """

    _fields = ()

    def __new__(cls, *values: Any) -> Prepared:
        return super().__new__(cls, values)


class Preprocessing:
    """The calls of layers that work on arrays, and the calls whose results these need.

    Args:
        inputs: of the model.
        nodes: all calls, each after those it needs.
        outputs: of the model.

    Attributes:
        results: tensors that the remaining calls need, inputs that they use directly included.

    Raises:
        ValueError: a layer with trainable weights comes before one that works on arrays, where
            no gradient reaches it.
    """

    def __init__(
        self, inputs: list[KerasTensor], nodes: Sequence[Node], outputs: list[KerasTensor]
    ) -> None:
        self._inputs = inputs
        needed: set[int] = set()
        first: list[Node] = []
        for node in reversed(nodes):
            if node.layer.on_arrays or not needed.isdisjoint(map(id, flatten(node.outputs))):
                needed.update(map(id, node.inputs))
                first.insert(0, node)
        for node in first:
            if node.layer.trainable_weights:
                raise ValueError(
                    f"Layer {node.layer.name!r} has weights to train, but what it returns goes "
                    "into a layer for strings or hashes, through which there is no gradient."
                )
        self._nodes = first
        rest = [node for node in nodes if node not in first]
        used = [t for node in rest for t in node.inputs] + outputs
        known = {id(t) for t in inputs} | {id(t) for n in first for t in flatten(n.outputs)}
        self.results = list({id(t): t for t in used if id(t) in known}.values())

    def has_run(self, node: Node) -> bool:
        """Whether the results make a call superfluous."""
        return node in self._nodes

    def __call__(self, arrays: Sequence[np.ndarray]) -> Prepared:
        """The results for arrays in the order of the inputs."""
        values: dict[int, Any] = dict(zip(map(id, self._inputs), arrays, strict=True))
        for node in self._nodes:
            results = flatten(node.run(values))
            values.update(
                zip(map(id, flatten(node.outputs)), map(np.asarray, results), strict=True)
            )
        return Prepared(*(values[id(t)] for t in self.results))
