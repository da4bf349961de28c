# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from pronghorn import ops
from pronghorn._configurable import Configurable, Family, to_snake_case
from pronghorn._object_form import serialize
from pronghorn._warnings import warn_old
from pronghorn.backend import Variable
from pronghorn.backend.naming import auto_name
from pronghorn.backend.trace import current_trace
from pronghorn.optimizers.accumulation import only_if
from pronghorn.optimizers.arguments import (
    as_learning_rate,
    check_count,
    check_numbers,
    check_only_one,
    with_old_names,
)
from pronghorn.optimizers.clipping import clip_by_global_norm, clip_by_norm
from pronghorn.optimizers.programs import Programs
from pronghorn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from pronghorn.optimizers.state import OptimizerState

OPTIMIZERS = Family("optimizer", "keras.optimizers", ignore_case=True)


class Optimizer(OptimizerState, Configurable, family=OPTIMIZERS):
    """Base of optimizers: what they share around the rule that updates one variable.

    One step: clip the gradients; shrink the variables by weight decay; update each; let the moving
    averages follow; apply the constraints; count the step. A subclass defines `update_step`, the
    rule of one variable in terms of `ops`, and makes the state it needs in `create_slots`.

    Args:
        learning_rate: number, `LearningRateSchedule`, or function without arguments.
        weight_decay: w: every variable v first becomes v - w * learning_rate * v.
        clipnorm: largest length of the gradient of each variable.
        clipvalue: largest absolute value of an element of a gradient.
        global_clipnorm: largest length of all gradients together.
        use_ema: keep a moving average a of every variable v: after the first step a <- v, after
            each later one a <- m a + (1 - m) v. At the end of `fit` the variables become their
            averages (Polyak and Juditsky, 1992).
        ema_momentum: m in [0, 1].
        ema_overwrite_frequency: every so many steps the variables become their averages.
        loss_scale_factor: the loss is multiplied by it before gradients are taken, and the
            gradients are divided by it, so that small ones do not underflow.
        gradient_accumulation_steps: k: only each k-th call makes a step, with the mean gradient of
            the last k calls. `iterations` counts these steps; a schedule sees the number of calls.
        name: for people.
        **kwargs: old names: `lr` for `learning_rate`; `decay`, which divides the learning rate by
            1 + decay * steps.

    Raises:
        TypeError: unknown argument.
        ValueError: for numbers out of range, or more than one way of clipping.

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
        if not 0 <= ema_momentum <= 1:
            raise ValueError(
                f"`ema_momentum` must be in [0, 1]. Received: ema_momentum={ema_momentum}"
            )
        check_count("ema_overwrite_frequency", ema_overwrite_frequency, least=1)
        check_count("gradient_accumulation_steps", gradient_accumulation_steps, least=2)
        if loss_scale_factor is not None and not loss_scale_factor > 0:
            raise ValueError(
                "`loss_scale_factor` must be positive. "
                f"Received: loss_scale_factor={loss_scale_factor}"
            )
        self.name = name or auto_name(to_snake_case(type(self).__name__))
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
        self._variables, self._trainable_variables = [], []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []
        self._undecayed: tuple[list[Any], list[str]] = ([], [])
        self._programs = Programs()
        self._iterations = self.add_variable((), dtype="int64", name="iteration")
        self._learning_rate: Any = as_learning_rate(learning_rate)
        if not callable(self._learning_rate):
            value = self._learning_rate
            self._learning_rate = self.add_variable((), name="learning_rate")
            self._learning_rate.assign(value)

    # -- learning rate and state -----------------------------------------------------------------

    @property
    def iterations(self) -> Any:
        """The number of steps so far; when gradients are accumulated, of those that counted."""
        if self.gradient_accumulation_steps is None:
            return self._iterations
        return self._iterations // self.gradient_accumulation_steps

    @property
    def learning_rate(self) -> Any:
        """A variable that can be assigned to at any time; with a schedule its value for now."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
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
        if not callable(value):
            self._learning_rate.assign(value)
        elif self.built:
            raise TypeError(
                "The learning rate of this optimizer is a number. For a schedule, compile again "
                f"with a new optimizer. Received: learning_rate={value!r}"
            )
        else:
            self.forget_variable(self._learning_rate)
            self._learning_rate = value

    @property
    def lr(self) -> Any:
        """Old name of `learning_rate`."""
        warn_old("The attribute `lr` is now called `learning_rate`.")
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        warn_old("The attribute `lr` is now called `learning_rate`.")
        self.learning_rate = value

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the state for the variables that will be trained. Harmless when done before.

        Raises:
            ValueError: if it was built for other variables.
        """
        if self.built:
            self._check_known(variables)
            return
        self._trainable_variables = list(variables)
        if self.use_ema:
            (self._averages,) = self.add_slots("average")
        if self.gradient_accumulation_steps is not None:
            (self._accumulators,) = self.add_slots("gradient_accumulator")
        self.create_slots()
        self.built = True

    def create_slots(self) -> None:
        """Make what the rule keeps for each variable; for rules that keep something."""

    # -- one step --------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """One step from pairs (gradient, variable). Returns the number of steps so far."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

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
        if current_trace() is not None or self._is_function():
            self._step(gradients, variables)
        else:
            self._programs.run(self._step, gradients, variables, self._settings())

    def _settings(self) -> tuple[Any, ...]:
        """The attributes that are plain values, which may be changed at any time."""
        plain = (bool, int, float, str, type(None))
        return tuple(item for item in vars(self).items() if isinstance(item[1], plain))

    def _step(self, gradients: list[Any], variables: Sequence[Variable]) -> None:
        if self.loss_scale_factor is not None:
            gradients = [gradient / self.loss_scale_factor for gradient in gradients]
        if self.gradient_accumulation_steps is None:
            self._update(gradients, variables)
        else:
            gradients, is_due = self._accumulated(gradients, variables)
            with only_if(is_due, [*variables, *self._rule_state()]):
                self._update(gradients, variables)
        if self.use_ema:
            self._update_averages()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._iterations.assign_add(1)

    def _update(self, gradients: list[Any], variables: Sequence[Variable]) -> None:
        learning_rate = ops.convert_to_tensor(self.learning_rate)
        gradients = self._clipped(gradients)
        self._apply_weight_decay(variables, learning_rate)
        step_size = self.step_size(learning_rate)
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, step_size)

    def step_number(self) -> Any:
        """t = 1, 2, ..., the number of the step being made, as float32."""
        return ops.cast(self.iterations + 1, "float32")

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

    def scale_loss(self, loss: Any) -> Any:
        """The loss whose gradients `apply` expects: times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

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
        """Except variables from weight decay.

        Args:
            var_list: the variables themselves.
            var_names: regular expressions, searched for in their paths.

        Raises:
            ValueError: if the optimizer is built: steps may be compiled already.
        """
        if self.built:
            raise ValueError("Call `exclude_from_weight_decay` before training: it is too late.")
        self._undecayed = (list(var_list or ()), list(var_names or ()))

    def decay_of(self, variable: Variable) -> float | None:
        """The weight decay of one variable."""
        return None if self.is_excluded_from_weight_decay(variable) else self.weight_decay

    def is_excluded_from_weight_decay(self, variable: Variable) -> bool:
        """Whether `exclude_from_weight_decay` named a variable."""
        excluded, patterns = self._undecayed
        return any(variable is one for one in excluded) or any(
            re.search(pattern, variable.path) for pattern in patterns
        )

    def _apply_weight_decay(self, variables: Sequence[Variable], learning_rate: Any) -> None:
        for variable in variables:
            decay = self.decay_of(variable)
            if decay:
                variable.assign(variable - variable * (learning_rate * decay))

    # -- accumulated gradients -------------------------------------------------------------------

    def _accumulated(
        self, gradients: list[Any], variables: Sequence[Variable]
    ) -> tuple[list[Any], Any]:
        """The mean gradients of the calls since the last step, and whether this call makes one."""
        assert self.gradient_accumulation_steps is not None
        is_due = (self._iterations + 1) % self.gradient_accumulation_steps == 0
        sums = []
        for gradient, variable in zip(gradients, variables, strict=True):
            accumulator = self._accumulators[self._get_variable_index(variable)]
            total = gradient + accumulator
            accumulator.assign(ops.where(is_due, 0.0, total))
            sums.append(total)
        return [total / self.gradient_accumulation_steps for total in sums], is_due

    def _rule_state(self) -> list[Variable]:
        """The state that is the rule's alone."""
        common = [self._iterations, self._learning_rate, *self._averages, *self._accumulators]
        return [v for v in self._variables if not any(v is one for one in common)]

    # -- moving averages -------------------------------------------------------------------------

    def averages(self) -> list[tuple[Variable, Variable]]:
        """Pairs (variable, moving average). None before the first step, or without `use_ema`."""
        if not self._averages or int(self._iterations) == 0:
            return []
        return list(zip(self._trainable_variables, self._averages, strict=True))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set variables to their moving averages, if there are any; `fit` ends with this."""
        known = {id(variable): average for variable, average in self.averages()}
        for variable in var_list:
            if id(variable) in known:
                variable.assign(known[id(variable)])

    def _update_averages(self) -> None:
        steps = self.iterations
        momentum = self.ema_momentum * ops.cast(steps > 0, "float32")
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            a = momentum * average + (1 - momentum) * variable
            average.assign(a)
            if self.ema_overwrite_frequency is not None:
                is_due = (steps + 1) % self.ema_overwrite_frequency == 0
                variable.assign(ops.where(is_due, a, variable))

    # -- arguments -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        rate = self._learning_rate
        config["learning_rate"] = float(rate) if isinstance(rate, Variable) else serialize(rate)
        first = ("name", "learning_rate", "weight_decay", "clipnorm", "global_clipnorm")
        return {key: config.pop(key) for key in first} | config

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
