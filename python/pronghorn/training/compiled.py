# SPDX-License-Identifier: Apache-2.0
"""What `compile` makes of its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pronghorn import metrics
from pronghorn.training.compile_loss import CompileLoss
from pronghorn.training.compile_metrics import CompileMetrics
from pronghorn.training.targets import LabelRange


class Compiled:
    """`model._compiled`: a plain object, so that trackers do not count as parts of the model.

    Args:
        model: may be unbuilt.
        arguments: what `compile` was called with; kept for saving.

    Attributes:
        loss: CompileLoss or None.
        metrics: CompileMetrics or None.
        loss_tracker: mean of the total loss, weighted by the rows of the batches.
        trained: the trainable variables at the time of `compile`; None if the model was not built
            yet.
    """

    def __init__(self, model: Any, arguments: dict[str, Any]) -> None:
        loss, weights = arguments["loss"], arguments["loss_weights"]
        plain, weighted = arguments["metrics"], arguments["weighted_metrics"]
        self.arguments = arguments
        self.loss = None if loss is None else CompileLoss(loss, weights)
        self.metrics = None if not plain and not weighted else CompileMetrics(plain, weighted)
        self.loss_tracker = metrics.Mean(name="loss")
        self.trained: list[Any] | None = None
        if getattr(model, "built", False):
            self.trained = list(model.trainable_variables)

    @property
    def bound(self) -> bool:
        """Whether loss and metrics have met the outputs of the model."""
        return all(part is None or part.bound for part in (self.loss, self.metrics))

    @contextmanager
    def meeting_outputs(self) -> Iterator[list[tuple[Any, LabelRange]]]:
        """A scope in which loss and metrics meet the outputs of the model, perhaps anew.

        If they do not get along, it is as if they had never met.

        Yields:
            The sparse targets that the loss will have met, with what they may hold.
        """
        new = [part for part in (self.loss, self.metrics) if part is not None and not part.bound]
        labels: list[tuple[Any, LabelRange]] = []
        if self.loss is not None:
            self.loss.labels = labels
        try:
            yield labels
        except BaseException:
            for part in new:
                part.unbind()
            raise
