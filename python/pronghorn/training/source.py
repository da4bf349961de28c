# SPDX-License-Identifier: Apache-2.0
"""Where batches come from: arrays (whole epochs run natively) or anything that yields batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronghorn.distribution import distribution
from pronghorn.training.array_source import ArraySource
from pronghorn.training.batch_source import BatchSource
from pronghorn.training.data import Data
from pronghorn.training.eager_step import ArrayBatches
from pronghorn.training.step import Step, step_for


def array_source(
    model: Any,
    mode: str,
    data: Data,
    batch_size: int,
    shuffle: bool | str | Callable[[int], Any] = False,
    steps: int | None = None,
) -> ArraySource | BatchSource:
    """Epochs over arrays: native, or by batches if the step cannot be compiled or data is sparse.

    Args:
        as for `ArraySource`.
    """
    batches = ArrayBatches(data, batch_size, shuffle)
    if data.holds_sparse:
        return BatchSource(model, mode, batches, steps=steps)
    step = step_for(model, mode, data, min(batch_size, data.rows))
    if isinstance(step, Step):
        return ArraySource(model, mode, data, step, batch_size, shuffle, steps)
    if mode == "train" and distribution() is not None:
        raise NotImplementedError(
            "Distributed training needs a step that can be compiled: `run_eagerly=False`, and a "
            "model that does not look at values."
        )
    return BatchSource(model, mode, batches, steps=steps)
