# SPDX-License-Identifier: Apache-2.0
"""Models that real Keras recorded: files, inputs, predictions, and how training went on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import pronghorn as keras
from pronghorn import layers


class Recorded:
    """What Keras computed with the model of some files.

    Args:
        path: of the `.npz` file, which says all about the model but how it is built.
        common: another `.npz` with what several have in common.
    """

    def __init__(self, path: Path, common: Path | None = None) -> None:
        self.arrays = dict(np.load(common)) if common else {}
        self.arrays |= dict(np.load(path))
        self.meta = json.loads(str(self.arrays["meta"]))

    def x(self) -> Any:
        return self._structure("x")

    def y(self) -> Any:
        return self._structure("y")

    def numbered(self, prefix: str) -> list[np.ndarray]:
        """`w0_000`, `w0_001`, ..."""
        names = sorted(
            n for n in self.arrays if n.startswith(prefix) and n[len(prefix) :].isdigit()
        )
        return [self.arrays[name] for name in names]

    def fit_arguments(self) -> dict[str, Any]:
        """The arguments with which training went on."""
        fit = dict(self.meta["fit"])
        del fit["epochs"]
        fit["epochs"] = fit.pop("resume_epochs")
        if fit.get("class_weight"):
            fit["class_weight"] = {int(k): v for k, v in fit["class_weight"].items()}
        if "sample_weight" in self.arrays:
            fit["sample_weight"] = self.arrays["sample_weight"]
        return fit

    def _structure(self, name: str) -> Any:
        if name in self.arrays:
            return self.arrays[name]
        arrays = self.numbered(name)
        kind = self.meta.get(f"{name}_struct")
        if kind == "dict":
            return dict(zip(self.meta[f"{name}_keys"], arrays, strict=True))
        return {"list": list, "tuple": tuple}.get(kind, lambda a: a[0])(arrays)


def flat(predictions: Any) -> list[np.ndarray]:
    """Outputs in a list, those of dicts by sorted key."""
    if isinstance(predictions, dict):
        return [predictions[key] for key in sorted(predictions)]
    return list(predictions) if isinstance(predictions, list | tuple) else [predictions]


def assert_close(got: Any, expected: Any, tolerance: float) -> None:
    for a, b in zip(flat(got), flat(expected), strict=True):
        np.testing.assert_allclose(np.asarray(a, "float64"), b, rtol=0, atol=tolerance)


def register_classes(register: Callable[..., Any]) -> None:
    """The classes and functions of the recorded models 05 and 15, as their script has them."""

    @register(package="fixtures")
    class WideAndDeep(keras.Model):
        def __init__(self, units=6, activation="relu", **kwargs):
            super().__init__(**kwargs)
            self.units, self.activation_name = units, activation
            self.hidden1 = layers.Dense(units, activation=activation)
            self.hidden2 = layers.Dense(units, activation=activation)
            self.out_main = layers.Dense(1)
            self.aux_output = layers.Dense(1)
            self.tail = [
                layers.Dense(3, activation="tanh"),
                [layers.Dense(2, use_bias=False)],
                {"k": layers.BatchNormalization()},
            ]

        def call(self, inputs, training=None):
            wide, deep = inputs
            h = self.hidden2(self.hidden1(deep))
            t = self.tail[1][0](self.tail[0](layers.concatenate([wide, h])))
            return self.out_main(self.tail[2]["k"](t, training=training)), self.aux_output(h)

        def get_config(self):
            config = super().get_config()
            return {**config, "units": self.units, "activation": self.activation_name}

    @register(package="fixtures")
    class ResidualBlock(layers.Layer):
        def __init__(self, units, n=2, activation="elu", **kwargs):
            super().__init__(**kwargs)
            self.units, self.n = units, n
            self.activation = keras.activations.get(activation)
            self.proj = layers.Dense(units)
            self.blocks = [layers.Dense(units, activation="tanh") for _ in range(n)]

        def build(self, input_shape):
            make, shape = self.add_weight, (self.units,)
            self.shift = make(name="shift", shape=shape, initializer="zeros", trainable=False)
            self.scale = make(name="scale", shape=shape, initializer="ones")
            self.proj.build(input_shape)
            for block in self.blocks:
                block.build((None, self.units))

        def call(self, x):
            x = y = self.proj(x)
            for block in self.blocks:
                y = block(y)
            return self.activation(x + y * self.scale + self.shift)

        def get_config(self):
            activation = keras.activations.serialize(self.activation)
            config = super().get_config()
            return {**config, "units": self.units, "n": self.n, "activation": activation}

    @register(package="fixtures", name="half_mse")
    def half_mse(y_true, y_pred):
        return 0.5 * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    @register(package="fixtures")
    def double_tanh(x):
        return 2.0 * keras.ops.tanh(x)
