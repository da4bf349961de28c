# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from pronghorn.optimizers.adam import Adam


class AdamW(Adam):
    """Adam with weight decay: in each step first v <- v - r w v, then v follows Adam's rule.

    Args:
        learning_rate: r, a number, `LearningRateSchedule` or function without arguments.
        weight_decay: w.
        beta_1, beta_2, epsilon, amsgrad: as for `Adam`.
        **kwargs: as for `Optimizer`.

    Raises:
        ValueError: for `weight_decay=None`, or `beta_1` or `beta_2` outside of [0, 1).

    Example:
    >>> import pronghorn as keras
    >>> weight = keras.Variable([2.0])
    >>> optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    >>> optimizer.apply([keras.ops.convert_to_tensor([0.0])], [weight])
    >>> round(float(weight[0]), 4)
    1.9

    Loshchilov and Hutter, "Decoupled weight decay regularization", 2017.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError(
                "`weight_decay` must be a number; without any use `Adam`. "
                "Received: weight_decay=None"
            )
        kwargs["weight_decay"] = weight_decay
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **kwargs)
