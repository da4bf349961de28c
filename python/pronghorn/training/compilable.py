# SPDX-License-Identifier: Apache-2.0
"""`compile`, and what it leaves in a model."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from pronghorn import optimizers
from pronghorn._object_form import deserialize, serialize
from pronghorn._warnings import warn
from pronghorn.losses.loss import LOSSES
from pronghorn.metrics.metric import METRICS
from pronghorn.optimizers.optimizer import OPTIMIZERS
from pronghorn.training import arguments
from pronghorn.training.compiled import Compiled
from pronghorn.training.step import Steps
from pronghorn.training.step_methods import StepMethods


class NotCompiledError(RuntimeError, ValueError):
    """A model is to be trained before `compile`; Keras 2 and 3 disagree about what that is."""


class Compilable(StepMethods):
    """Mixin with `compile`, and with the steps that are compiled after it."""

    optimizer: Any = None
    loss: Any = None
    compiled: bool = False
    stop_training: bool = False
    steps_per_execution: int = 1
    jit_compile: Any = "auto"
    _compiled: Any = None
    _run_eagerly: bool = False

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how the model is trained and judged.

        Which weights are trained is settled here: after changing a layer's `trainable`, compile
        again.

        Args:
            optimizer: name, or an `Optimizer`.
            loss: name, `Loss` or function `(y_true, y_pred)`; for several outputs one for all, or a
                list, tuple or dict (by output name) of them.
            loss_weights: factors of the outputs' losses in the total, in the same structure.
            metrics: list of names, `Metric`s or functions; for several outputs a list with one
                entry per output or a dict by output name. They do not see sample weights.
            weighted_metrics: the same, weighted by `sample_weight` or `class_weight`.
            run_eagerly: call `train_step` and the like for every batch, with values to look at,
                instead of compiling them once: slow, for finding errors. Models whose `call` looks
                at values get it by themselves.
            steps_per_execution: how many steps callbacks see as one batch. An epoch runs natively
                as a whole where nobody wants to see its batches.
            jit_compile, auto_scale_loss: accepted for Keras's sake; steps are always compiled, in
                float32.

        Raises:
            ValueError: for unknown names or structures, before anything is changed.

        Example:
        >>> import pronghorn as keras
        >>> model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        >>> model.compiled
        True
        """
        steps_per_execution = arguments.positive_int("steps_per_execution", steps_per_execution)
        given = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        compiled = Compiled(self, given)
        given["optimizer"] = optimizers.get(optimizer)
        if given["optimizer"] is None:
            raise ValueError("`optimizer` must be a name or an Optimizer. Received: optimizer=None")
        self.optimizer = given["optimizer"]
        self.loss = loss
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        self.stop_training = False
        self.compiled = True
        self._compiled = compiled
        self._forget_steps()

    @property
    def run_eagerly(self) -> bool:
        """Whether steps are called for every batch instead of being compiled."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = value
        self._forget_steps()

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as plain data; empty before it.

        Raises:
            TypeError: one has no config, for example a lambda.
        """
        return serialize(self._compiled.arguments) if self.compiled else {}

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """`compile` with the arguments of `get_compile_config()`.

        What this version does not know is ignored, and None means the default. A class with a
        `compile` of its own is left alone, with a warning: it may have other arguments.
        """
        if type(self).compile is not Compilable.compile:
            warnings.warn(
                f"{type(self).__name__} has a `compile` of its own, which is not called when a "
                "model is loaded: call it, or override `compile_from_config`.",
                stacklevel=2,
            )
            return
        families = {"optimizer": OPTIMIZERS, "loss": LOSSES}
        known = inspect.signature(Compilable.compile).parameters
        given = {
            name: deserialize(value, family=families.get(name, METRICS))
            for name, value in config.items()
            if name in known and value is not None
        }
        self.compile(**given)
        if getattr(self, "built", False):
            self.optimizer.build(self._trained_variables())

    def _warn_of_frozen_weights(self) -> None:
        """What is trained was settled by `compile`: a change since then waits for the next one."""
        trained, now = self._compiled.trained, self.trainable_variables  # type: ignore[attr-defined]
        if trained is not None and set(map(id, trained)) != set(map(id, now)):
            warn(
                f"The trainable weights of model {self.name!r} have changed since `compile` "  # type: ignore[attr-defined]
                f"({len(trained)} then, {len(now)} now), as by setting `trainable`. It is trained "
                "as it was compiled: call `compile` again for the change to count."
            )

    @property
    def _steps(self) -> Steps:
        return self.__dict__.setdefault("_compiled_steps", Steps())

    def _forget_steps(self) -> None:
        """What was traced is no longer true."""
        self.__dict__["_compiled_steps"] = Steps()

    def _structure_changed(self) -> None:
        """To be called when layers come or go."""
        self._forget_steps()
        if self._compiled is not None:
            self._compiled.trained = None

    def _need_compiled(self, method: str) -> None:
        if not self.compiled:
            raise NotCompiledError(f"Call `compile(optimizer=..., loss=...)` before `{method}()`.")
