# SPDX-License-Identifier: Apache-2.0
"""Classes as the targets of a network, and its outputs as their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn import losses, ops


def class_targets(codes: np.ndarray, n_classes: int, units: int | None, loss: Any) -> np.ndarray:
    """Targets for a network that tells classes apart.

    Args:
        codes: numbers of the classes, (n,).
        n_classes: how many there are.
        units: width of the output; None: unknown.
        loss: of `compile`.

    Returns:
        0 and 1 as a column if there is one unit; the numbers themselves for losses that take those;
        else one-hot rows.
    """
    if units == 1:
        return codes.reshape(-1, 1).astype(np.float32)
    if getattr(_single(loss), "targets", "values") != "values":
        return codes
    return np.eye(n_classes, dtype=np.float32)[codes]


def probabilities(outputs: np.ndarray, loss: Any) -> np.ndarray:
    """The probability of each class.

    Args:
        outputs: of a network with a unit for each class, or one for the second of two.
        loss: of `compile`; if it takes logits, the outputs are logits.
    """
    logits = takes_logits(loss)
    if outputs.shape[-1] == 1:
        p = ops.sigmoid(outputs).numpy() if logits else outputs
        return np.concatenate([1 - p, p], axis=-1)
    return ops.softmax(outputs).numpy() if logits else outputs


def takes_logits(loss: Any) -> bool:
    """Whether the outputs that a loss is made for are logits."""
    return bool(getattr(_single(loss), "from_logits", False))


def _single(loss: Any) -> Any:
    """The loss of the only output."""
    if isinstance(loss, dict):
        loss = list(loss.values())
    return losses.get(loss[0] if isinstance(loss, (list, tuple)) else loss)
