# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations


def checked_smoothing(label_smoothing: float) -> float:
    """`label_smoothing`, if it is in [0, 1].

    Raises:
        ValueError: otherwise.
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"`label_smoothing` must be in [0, 1]. Received: label_smoothing={label_smoothing}"
        )
    return label_smoothing
