# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pronghorn import initializers
from pronghorn.backend import Variable


class OptimizerState:
    """The variables of an optimizer, and which of them belong to which trained variable."""

    name: str
    built: bool
    _variables: list[Variable]
    _trainable_variables: list[Variable]

    @property
    def variables(self) -> list[Variable]:
        """All state: iteration, learning rate if it is a number, moving averages, accumulated
        gradients, and what the rule keeps."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the optimizer's state."""
        first = initializers.get(initializer)
        variable = Variable(first, shape=tuple(shape), dtype=dtype, trainable=False, name=name)
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def forget_variable(self, variable: Variable) -> None:
        """Make a variable no longer part of the state."""
        self._variables = [known for known in self._variables if known is not variable]

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str, initializer: Any = "zeros"
    ) -> Variable:
        """A new variable of the optimizer's state with the shape and dtype of a weight."""
        full_name = f"{reference_variable.path.replace('/', '_')}_{name}"
        shape, dtype = reference_variable.shape, reference_variable.dtype
        return self.add_variable(shape, initializer, dtype, full_name)

    def add_slots(self, *names: str, initializer: Any = "zeros") -> list[list[Variable]]:
        """For each name one state variable per trained variable; those of one variable together.

        Returns:
            A list per name, in the order of the trained variables.
        """
        return list(self.add_optimizer_variables(self._trainable_variables, names, initializer))

    def add_optimizer_variables(
        self,
        trainable_variables: Iterable[Variable],
        name: str | Sequence[str],
        initializer: Any = "zeros",
    ) -> Any:
        """`add_slots` as Keras calls it: for a name a list, for several a tuple of lists.

        Args:
            trainable_variables: one state variable, or one per name, is made for each.
            name: or several names.
            initializer: of all, or a list or tuple with one per name.

        Raises:
            ValueError: for a wrong number of initializers.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, list | tuple)
        firsts = list(initializer) if several else [initializer] * len(names)
        if len(firsts) != len(names):
            raise ValueError(
                "Expected one initializer per name. "
                f"Received: name={name!r}, initializer={initializer!r}"
            )
        slots = [
            [
                self.add_variable_from_reference(variable, one, first)
                for one, first in zip(names, firsts, strict=True)
            ]
            for variable in trainable_variables
        ]
        columns = tuple([row[i] for row in slots] for i in range(len(names)))
        return columns[0] if isinstance(name, str) else columns

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all state from arrays in the order of `variables`.

        Raises:
            ValueError: before `build`, or for a wrong number or shape; nothing is changed then.
        """
        if not self.built:
            raise ValueError("Call `build(variables)` before `set_weights`: there is no state yet.")
        shapes = [tuple(np.shape(weight)) for weight in weights]
        if shapes != [variable.shape for variable in self.variables]:
            raise ValueError(
                f"`weights` must have the shapes {[v.shape for v in self.variables]}. "
                f"Received: weights of the shapes {shapes}"
            )
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def _get_variable_index(self, variable: Variable) -> int:
        for index, known in enumerate(self._trainable_variables):
            if known is variable:
                return index
        raise ValueError(
            f"The optimizer {self.name!r} does not know the variable {variable.path!r}: it was "
            f"built for {len(self._trainable_variables)} others. Use a new optimizer for a new "
            "set of variables (`compile` the model again)."
        )

    def _check_known(self, variables: Iterable[Variable]) -> None:
        for variable in variables:
            self._get_variable_index(variable)
