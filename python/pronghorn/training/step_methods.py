# SPDX-License-Identifier: Apache-2.0
"""What happens in one step of training, testing or prediction: the part of `Model` to override.

A step is traced once for each size of a batch and then runs natively; if it looks at values, or
with `run_eagerly`, it is called for every batch.
"""

from __future__ import annotations

import inspect
from typing import Any

from pronghorn import ops
from pronghorn._structure import flatten
from pronghorn._warnings import warn_old
from pronghorn.backend import GradientTape, NoValueError, Tensor
from pronghorn.metrics import Mean, Metric
from pronghorn.training.compile_metrics import CompileMetrics
from pronghorn.training.targets import align, output_names
from pronghorn.utils.batch_structure import unpack_x_y_sample_weight


class StepMethods:
    """Mixin with the steps and what they are made of."""

    optimizer: Any
    loss: Any
    _compiled: Any

    # -- steps -----------------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training.

        Override it for a training of your own. It is traced once and then runs natively, as fast
        as this one, with a `GradientTape` or without.

        Args:
            data: a batch as tensors: x, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The logs: numbers by name. Results of metrics are those of the epoch so far; other
            values are those of the last batch.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> class Custom(keras.Sequential):
        ...     def train_step(self, data):
        ...         x, y = data
        ...         with keras.GradientTape() as tape:
        ...             loss = keras.ops.mean((y - self(x, training=True)) ** 2)
        ...         gradients = tape.gradient(loss, self.trainable_variables)
        ...         self.optimizer.apply(gradients, self.trainable_variables)
        ...         return {"loss": loss}
        >>> model = Custom([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd")
        >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
        >>> list(history.history)
        ['loss']
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)  # type: ignore[operator]
            y = self._aligned(y, y_pred)
            loss = self._total_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self._trained_variables()
        gradients = tape.gradient(scaled, variables)
        if all(gradient is None for gradient in gradients):
            raise ValueError(
                f"Model {self.name!r} has no trainable weight on which the loss depends: "  # type: ignore[attr-defined]
                "there is nothing to train."
            )
        self.optimizer.apply(gradients, variables)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of `evaluate` and of validation; see `train_step`."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        y = self._aligned(y, y_pred)
        self._total_loss(x, y, y_pred, sample_weight, training=False)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """One step of `predict`: what it returns for a batch, one row per sample."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)  # type: ignore[operator]

    # -- loss ------------------------------------------------------------------------------------

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The number that training makes small: the compiled loss plus the penalties in `losses`.

        Override it for a loss of your own; it is traced like `call`.
        """
        loss = None
        if self._compiled.loss is not None:
            if y is None:
                raise ValueError(
                    f"`y` is missing: the model was compiled with the loss {self.loss!r}."
                )
            self._compiled.loss.model_names = self._names_of_outputs()
            loss = self._compiled.loss(y, y_pred, sample_weight)
        for penalty in self.losses:  # type: ignore[attr-defined]
            loss = penalty if loss is None else loss + penalty
        if loss is None and training:
            raise ValueError(
                "There is nothing to minimize: give `compile` a `loss`, or use `add_loss`."
            )
        return ops.zeros(()) if loss is None else loss

    def _total_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """`compute_loss`, checked, and entered into its mean."""
        mode = {"training": training} if self._loss_takes_training() else {}
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **mode)
        loss = ops.convert_to_tensor(loss)
        if loss.shape != ():
            raise ValueError(
                "The loss must be one number for the whole batch: use a loss with a reduction such "
                f"as 'sum_over_batch_size'. Received: a loss of shape {tuple(loss.shape)}"
            )
        rows = flatten(x)[0].shape[0]
        self._compiled.loss_tracker.update_state(loss, sample_weight=float(rows))
        return loss

    def _loss_takes_training(self) -> bool:
        if type(self).compute_loss is StepMethods.compute_loss:
            return True
        takes = inspect.signature(self.compute_loss).parameters.values()
        return any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in takes)

    def _aligned(self, y: Any, y_pred: Any) -> Any:
        """y with the rank of the outputs: `(n,)` against `(n, 1)` would broadcast to `(n, n)`."""
        return align(y, y_pred, output_names(y_pred, self._names_of_outputs()))

    def _names_of_outputs(self) -> Any:
        return getattr(self, "output_names", None)

    @property
    def compiled_loss(self) -> Any:
        """What `compute_loss` was in Keras 2: a function `(y, y_pred, sample_weight)`."""
        warn_old("`compiled_loss` is now `compute_loss(x, y, y_pred, sample_weight)`.")

        def total(
            y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
        ) -> Any:
            loss = self._compiled.loss(y, y_pred, sample_weight)
            for penalty in regularization_losses or ():
                loss = loss + penalty
            rows = flatten(y_pred)[0].shape[0]
            self._compiled.loss_tracker.update_state(loss, sample_weight=float(rows))
            return loss

        return total

    @property
    def compiled_metrics(self) -> Any:
        """What `compute_metrics` was in Keras 2, with `update_state(y, y_pred, sample_weight)`."""
        warn_old("`compiled_metrics` is now `compute_metrics(x, y, y_pred, sample_weight)`.")
        return self._compiled.metrics or CompileMetrics(None, None)

    # -- metrics ---------------------------------------------------------------------------------

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Add a batch to the compiled metrics; override it for metrics of your own.

        Returns:
            What `get_metrics_result` returns.
        """
        if self._compiled is not None and self._compiled.metrics is not None and y is not None:
            self._compiled.metrics.model_names = self._names_of_outputs()
            self._compiled.metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by the names they have in logs.

        In a traced step the result of a metric that only NumPy can compute is the metric itself; it
        is computed when the logs are read.
        """
        results: dict[str, Any] = {}
        for name, metric in self._metrics_by_name().items():
            try:
                result = metric.result()
            except NoValueError:
                result = metric
            results.update(result if isinstance(result, dict) else {name: result})
        return results

    @property
    def metrics(self) -> list[Any]:
        """All metrics: mean loss, compiled metrics, the outputs' losses, those of layers.

        Before the first batch the compiled metrics do not know the outputs: they stand in the list
        as one, which can be updated and asked for results like a metric.
        """
        compiled, found = self._compiled, []
        if compiled is not None:
            chosen, losses = compiled.metrics, compiled.loss.metrics if compiled.loss else []
            found = [compiled.loss_tracker]
            if chosen is not None:
                chosen.model_names = self._names_of_outputs()
                found += chosen.metrics if chosen.bound else [chosen]
            found += losses
        for _, parts in self._walk(Metric):  # type: ignore[attr-defined]
            found += parts
        return list(dict.fromkeys(found))

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        from pronghorn.training.logs import in_order

        by_name = self._metrics_by_name()
        return list(in_order(self, by_name))

    def add_metric(self, value: Any, name: str | None = None, aggregation: str = "mean") -> None:
        """What Keras 2 had for the mean of a number over the batches of an epoch.

        Args:
            value: computed in `call` or a step.
            name: in logs; None if it is the result of a metric that is an attribute anyway.
            aggregation: must be "mean".
        """
        warn_old("Instead of `add_metric` make a `keras.metrics.Mean` an attribute and update it.")
        if aggregation not in ("mean", None):
            raise ValueError(f"`aggregation` must be 'mean'. Received: {aggregation!r}")
        if name is not None:
            added = self.__dict__.setdefault("_added_metrics", {})
            if name not in added:
                added[name] = Mean(name=name)
            added[name].update_state(value)

    def reset_metrics(self) -> None:
        """Forget all batches seen so far."""
        for metric in self.metrics:
            metric.reset_state()

    def _metrics_by_name(self) -> dict[str, Any]:
        """Name in the logs -> metric; names that are taken keep their first owner."""
        chosen = self._compiled.metrics if self._compiled is not None else None
        names = {id(m): name for name, m in chosen.by_name.items()} if chosen is not None else {}
        by_name: dict[str, Any] = {}
        for metric in self.metrics:
            by_name.setdefault(names.get(id(metric), metric.name), metric)
        return by_name

    def _trained_variables(self) -> list[Any]:
        """The variables the optimizer changes, as settled by `compile`."""
        if self._compiled.trained is None:
            self._compiled.trained = list(self.trainable_variables)  # type: ignore[attr-defined]
        return self._compiled.trained
