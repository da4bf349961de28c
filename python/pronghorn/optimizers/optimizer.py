# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from pronghorn import initializers, ops
from pronghorn._configurable import Configurable, Family
from pronghorn._object_form import serialize
from pronghorn.backend import Variable
from pronghorn.optimizers.arguments import (
    as_learning_rate,
    check_numbers,
    check_only_one,
    refuse,
    with_old_names,
)
from pronghorn.optimizers.clipping import clip_by_global_norm, clip_by_norm
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule

OPTIMIZERS = Family("optimizer", "keras.optimizers", ignore_case=True)


class Optimizer(Configurable, family=OPTIMIZERS):
    """Base of optimizers: what they share around the rule that updates one variable.

    One step: clip the gradients; shrink the variables by weight decay; update each; apply the
    constraints; count the step. A subclass defines `update_step`, the rule of one variable in terms
    of `ops`, and makes the state it needs in `create_slots`.

    Args:
        learning_rate: number, `LearningRateSchedule`, or function without arguments.
        weight_decay: w: every variable v first becomes v - w * learning_rate * v.
        clipnorm: largest length of the gradient of each variable.
        clipvalue: largest absolute value of an element of a gradient.
        global_clipnorm: largest length of all gradients together.
        use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps: not supported yet.
        name: for people.
        **kwargs: old names: `lr` for `learning_rate`; `decay`, which divides the learning rate by
            1 + decay * steps.

    Raises:
        TypeError: unknown argument.
        ValueError: for negative numbers, or more than one way of clipping.
        NotImplementedError: for what is not supported yet.

    Example:
    >>> import pronghorn as keras
    >>> class SignDescent(keras.optimizers.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         variable.assign_sub(learning_rate * keras.ops.sign(gradient))
    >>> weight = keras.Variable([1.0, 2.0])
    >>> SignDescent(0.5).apply([keras.ops.convert_to_tensor([3.0, -7.0])], [weight])
    >>> weight.numpy().tolist()
    [0.5, 2.5]
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        learning_rate = with_old_names(type(self), learning_rate, kwargs)
        check_numbers(
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
        )
        check_only_one(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        refuse(
            use_ema=use_ema or None,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
        )
        self.name = name or type(self).__name__.lower()
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._undecayed: tuple[list[Any], list[str]] = ([], [])
        self.iterations = self.add_variable((), dtype="int64", name="iteration")
        self._learning_rate: Any = as_learning_rate(learning_rate)
        if not callable(self._learning_rate):
            value = self._learning_rate
            self._learning_rate = self.add_variable((), name="learning_rate")
            self._learning_rate.assign(value)

    # -- state -----------------------------------------------------------------------------------

    @property
    def variables(self) -> list[Variable]:
        """All state: iteration, learning rate (but not a schedule), what the rule keeps."""
        return list(self._variables)

    @property
    def learning_rate(self) -> Any:
        """A variable that can be assigned to at any time; with a schedule its value for now."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self.iterations.value)
        return self._learning_rate() if self._is_function() else self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if not isinstance(self._learning_rate, Variable):
            raise TypeError(
                "This optimizer takes its learning rate from a schedule or function: "
                "it cannot be set. "
                f"Received: learning_rate={value!r}"
            )
        value = as_learning_rate(value)
        if callable(value):
            raise TypeError(
                "The learning rate of this optimizer is a number. For a schedule, compile again "
                f"with a new optimizer. Received: learning_rate={value!r}"
            )
        self._learning_rate.assign(value)

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the state for the variables that will be trained. Harmless when done before.

        Raises:
            ValueError: if it was built for other variables.
        """
        if self.built:
            self._check_known(variables)
            return
        self._trainable_variables = list(variables)
        self.create_slots()
        self.built = True

    def create_slots(self) -> None:
        """Make what the rule keeps for each variable; for rules that keep something."""

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
        slots = [
            [self.add_variable_from_reference(variable, name, initializer) for name in names]
            for variable in self._trainable_variables
        ]
        return [[row[i] for row in slots] for i in range(len(names))]

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

    # -- one step --------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """One step from pairs (gradient, variable). Returns the number of steps so far."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self.iterations

    def apply(
        self, grads: Iterable[Any], trainable_variables: Sequence[Variable] | None = None
    ) -> None:
        """One step.

        Args:
            grads: one gradient per variable; None for variables the loss does not depend on, which
                are left alone.
            trainable_variables: those that `build` got if None.

        Raises:
            ValueError: for different numbers of gradients and variables, for variables the
                optimizer was not built for, or if all gradients are None.
        """
        grads = list(grads)
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        if len(grads) != len(trainable_variables):
            raise ValueError(
                f"Expected one gradient per variable. Received: {len(grads)} gradients for "
                f"{len(trainable_variables)} variables"
            )
        gradients, variables = _connected(grads, trainable_variables)
        if self.built:
            self._check_known(trainable_variables)
        else:
            self.build(trainable_variables)
        learning_rate = ops.convert_to_tensor(self.learning_rate)
        gradients = self._clipped(gradients)
        self._apply_weight_decay(variables, learning_rate)
        step_size = self.step_size(learning_rate)
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, step_size)
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self.iterations.assign_add(1)

    def step_size(self, learning_rate: Any) -> Any:
        """What `update_step` gets as its learning rate: computed once for all variables."""
        return learning_rate

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """The rule: change one variable, and the state that belongs to it.

        Args:
            gradient: of the loss with respect to the variable.
            variable: one of those that `build` got.
            learning_rate: what `step_size` made of the learning rate.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define `update_step`")

    def assign(self, variable: Variable, value: Any) -> None:
        """Set a variable; like the next two a name that Keras has for writing rules with."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """Add to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """Subtract from a variable."""
        variable.assign_sub(value)

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        if self.clipnorm:
            return [clip_by_norm(g, self.clipnorm) for g in gradients]
        if self.global_clipnorm:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        if self.clipvalue:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        return gradients

    # -- weight decay ----------------------------------------------------------------------------

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Except variables from weight decay. To be called before training.

        Args:
            var_list: the variables themselves.
            var_names: regular expressions, searched for in their paths.
        """
        self._undecayed = (list(var_list or ()), list(var_names or ()))

    def _apply_weight_decay(self, variables: Sequence[Variable], learning_rate: Any) -> None:
        if not self.weight_decay:
            return
        shrink = learning_rate * self.weight_decay
        excluded, patterns = self._undecayed
        for variable in variables:
            if any(variable is one for one in excluded):
                continue
            if any(re.search(pattern, variable.path) for pattern in patterns):
                continue
            variable.assign(variable - variable * shrink)

    # -- arguments -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        rate = self._learning_rate
        config["learning_rate"] = float(rate) if isinstance(rate, Variable) else serialize(rate)
        return {"name": config.pop("name"), **config}

    def _is_function(self) -> bool:
        return callable(self._learning_rate) and not isinstance(self._learning_rate, Variable)


def _connected(
    gradients: Sequence[Any], variables: Sequence[Variable]
) -> tuple[list[Any], list[Variable]]:
    """Those that have a gradient."""
    kept = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    if not kept:
        raise ValueError(
            "No variable has a gradient: the loss depends on none of "
            f"{[variable.path for variable in variables]}."
        )
    missing = [v.path for g, v in zip(gradients, variables, strict=True) if g is None]
    if missing:
        warnings.warn(
            f"The loss does not depend on the variables {missing}: they are not trained.",
            stacklevel=4,
        )
    return [g for g, _ in kept], [v for _, v in kept]
