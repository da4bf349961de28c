# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pronghorn import initializers, ops
from pronghorn.layers.input_spec import InputSpec
from pronghorn.layers.scale_and_offset import _ScaleAndOffset, broadcasting, moments, sizes_of


class BatchNormalization(_ScaleAndOffset):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of each feature.

    While it is trained they are those of the batch, and moving averages follow them:
    moving = momentum * moving + (1 - momentum) * batch. Otherwise, and whenever `trainable` is
    False, the moving averages are used.

    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", 2015; renorm: Ioffe, "Batch renormalization", 2017.

    Args:
        axis: of the features; all others are averaged over.
        momentum: of the moving averages.
        epsilon: added to the variance.
        center: whether to add beta.
        scale: whether to multiply by gamma.
        beta_initializer, gamma_initializer: of beta and gamma, both (features,).
        moving_mean_initializer, moving_variance_initializer: of the moving averages, (features,).
        beta_regularizer, gamma_regularizer: penalties added to the loss.
        beta_constraint, gamma_constraint: applied after each update.
        renorm: batch renormalization: while it is trained, its output is corrected by r and d so
            that it is that of inference with averages of their own; no gradient flows through them.
        renorm_clipping: dict with any of "rmin", "rmax" (limits of r) and "dmax" (of |d|).
        renorm_momentum: of the averages for the correction.
        synchronized: accepted for Keras's sake: there is one computer.

    A mask, of the shape of the input without its last axis, says which positions count.

    Raises:
        ValueError: there is no such axis, its size is not known, or renorm_clipping has other keys
            or limits that contradict each other.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.BatchNormalization(epsilon=0.0)
    >>> layer(np.array([[1.0], [3.0]]), training=True).numpy().tolist()
    [[-1.0], [1.0]]
    >>> [round(float(w[0]), 2) for w in layer.non_trainable_weights]
    [0.02, 1.0]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        if isinstance(axis, list | tuple) and len(axis) == 1:  # Keras 2 wrote it so into files
            (axis,) = axis
        self.axis, self.momentum = int(axis), float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm, self.renorm_clipping = renorm, renorm_clipping
        if renorm:
            self.renorm_clipping = checked_clipping(renorm_clipping or {})
        self.renorm_momentum, self.synchronized = renorm_momentum, synchronized

    def build(self, input_shape: Any) -> None:
        shape = sizes_of(input_shape, [self.axis], self.name)
        self._add_gamma_and_beta(shape)
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        if self.renorm:
            self._add_renorm_averages(shape)
        rank = len(input_shape)
        self._batch_axes = [axis for axis in range(rank) if axis != self.axis % rank]
        self._broadcasting = broadcasting(input_shape, [self.axis])
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: shape[0]})
        self.built = True

    def _add_renorm_averages(self, shape: Sequence[int]) -> None:
        def deviation(shape: Sequence[int], dtype: Any = None) -> Any:
            return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

        make = functools.partial(self.add_weight, shape, trainable=False)
        self.moving_stddev = make(deviation, name="moving_stddev")
        self.renorm_mean = make(self.moving_mean_initializer, name="renorm_mean")
        self.renorm_stddev = make(deviation, name="renorm_stddev")

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        correction = None
        if training and self.trainable:
            mean, variance = moments(inputs, self._batch_axes, self._in_rank(mask, inputs))
            self._follow(self.moving_mean, mean, self.momentum)
            if self.renorm:
                correction = self._renormalize(mean, ops.sqrt(variance + self.epsilon))
            else:
                self._follow(self.moving_variance, variance, self.momentum)
        else:
            mean, variance = self._beside(self.moving_mean), self._beside(self.moving_variance)
        factor = ops.rsqrt(variance + self.epsilon)
        offset = -mean * factor
        if correction is not None:
            r, d = correction
            factor, offset = factor * r, offset * r + d
        if self.gamma is not None:
            gamma = self._beside(self.gamma)
            factor, offset = factor * gamma, offset * gamma
        if self.beta is not None:
            offset = offset + self._beside(self.beta)
        return inputs * factor + offset

    def _renormalize(self, mean: Any, deviation: Any) -> tuple[Any, Any]:
        """The corrections r and d of this batch; the averages move on."""
        usual = ops.maximum(self._beside(self.renorm_stddev), math.sqrt(self.epsilon))
        r, d = deviation / usual, (mean - self._beside(self.renorm_mean)) / usual
        limits = self.renorm_clipping
        r = ops.clip(r, limits.get("rmin", 0.0), limits.get("rmax", math.inf))
        d = ops.clip(d, -limits.get("dmax", math.inf), limits.get("dmax", math.inf))
        self._follow(self.renorm_mean, mean, self.renorm_momentum)
        self._follow(self.renorm_stddev, deviation, self.renorm_momentum)
        self._follow(self.moving_stddev, deviation, self.momentum)
        variance = ops.square(self.moving_stddev) - self.epsilon
        self.moving_variance.assign(ops.relu(variance))
        return ops.stop_gradient(r), ops.stop_gradient(d)

    def _follow(self, average: Any, value: Any, momentum: float) -> None:
        value = ops.reshape(value, average.shape)
        average.assign(average * momentum + value * (1 - momentum))

    def _beside(self, weight: Any) -> Any:
        return ops.reshape(weight, self._broadcasting)

    def _in_rank(self, mask: Any, inputs: Any) -> Any:
        if mask is None:
            return None
        if mask.ndim != inputs.ndim - 1:
            raise ValueError(
                f"Layer {self.name!r}: mask must have one axis less than the input of shape "
                f"{tuple(inputs.shape)}. Received: a mask of shape {tuple(mask.shape)}"
            )
        return ops.expand_dims(mask, -1)


def checked_clipping(limits: Mapping[str, float]) -> dict[str, float]:
    """The limits of the corrections r and d.

    Raises:
        ValueError: another key, rmin above rmax, or a negative dmax.
    """
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if (
        not given.keys() <= {"rmin", "rmax", "dmax"}
        or given.get("rmin", 0.0) > given.get("rmax", math.inf)
        or given.get("dmax", 0.0) < 0
    ):
        raise ValueError(
            "renorm_clipping may have the keys 'rmin', 'rmax' >= rmin and 'dmax' >= 0. "
            f"Received: renorm_clipping={dict(limits)}"
        )
    return given
