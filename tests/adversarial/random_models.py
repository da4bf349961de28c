# SPDX-License-Identifier: Apache-2.0
"""Random models, trained four ways that must agree.

`python -m tests.adversarial.random_models --models 2000` from the repository tries so many. The
ways are: the program as it is; with every intermediate result asked for, so that nothing is fused;
op by op under a `GradientTape`; and in float64, whose kernels are the oracle's: one double at a
time, with the functions of libm.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn import _core
from pronghorn.backend import trace as trace_module

STEPS = 3
# Rounding of float32, times the length of the sums and the depth of the models, and some room. What
# is wrong with a formula shows in the first or second digit.
TOLERANCE = 2e-3

MERGES = ["Add", "Concatenate", "Multiply", "Average", "Maximum", "Subtract"]
ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "softplus", "swish", "selu"]
NORMALIZATIONS = ["BatchNormalization", "LayerNormalization", "RMSNormalization"]
REGRESSION_LOSSES = ["MeanSquaredError", "Huber", "LogCosh", "MeanAbsoluteError"]
CLASS_LOSSES = ["CategoricalCrossentropy", "SparseCategoricalCrossentropy", "BinaryCrossentropy"]
# Epsilons are large: where a gradient is all rounding, the quotient of it and its own size is too.
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": 0.05},
    "SGD with momentum": {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True},
    "Adam": {"learning_rate": 0.02, "epsilon": 0.1},
    "AdamW": {"learning_rate": 0.02, "epsilon": 0.1, "weight_decay": 0.1},
    "RMSprop": {"learning_rate": 0.02, "epsilon": 0.1, "momentum": 0.5},
    "Adagrad": {"learning_rate": 0.02, "epsilon": 0.1},
    "Nadam": {"learning_rate": 0.02, "epsilon": 0.1},
}


@dataclass(frozen=True)
class Layer:
    """One layer: its kind, its size and what it reads: numbers of earlier results."""

    kind: str
    size: int
    activation: str
    reads: tuple[int, ...]
    l2: float = 0.0


@dataclass(frozen=True)
class Spec:
    """A model, its loss, its optimizer, and the size of its batch."""

    features: tuple[int, ...]
    layers: tuple[Layer, ...]
    outputs: int
    loss: str
    optimizer: str
    rows: int
    weighted: bool
    seed: int


sizes = st.sampled_from([1, 2, 3, 7, 8, 15, 16, 17, 31, 33])


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Models of one or two inputs and one to eight layers."""
    features = draw(st.lists(sizes, min_size=1, max_size=2))
    layers = []
    for i in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["Dense"] * 4 + ["Merge", "Normalization", "Activation"]))
        earlier = st.integers(0, len(features) + i - 1)
        reads = [len(features) + i - 1 if draw(st.booleans()) else draw(earlier)]
        if kind == "Merge":
            kind = draw(st.sampled_from(MERGES))
            reads.append(draw(earlier))
        elif kind == "Normalization":
            kind = draw(st.sampled_from(NORMALIZATIONS))
        activation = draw(st.sampled_from(ACTIVATIONS))
        l2 = draw(st.sampled_from([0.0, 0.0, 0.01]))
        layers.append(Layer(kind, draw(sizes), activation, tuple(reads), l2))
    return Spec(
        tuple(features),
        tuple(layers),
        draw(st.sampled_from([1, 2, 5, 17])),
        draw(st.sampled_from(REGRESSION_LOSSES + CLASS_LOSSES)),
        draw(st.sampled_from(sorted(OPTIMIZERS))),
        draw(st.sampled_from([1, 2, 7, 8, 16, 17, 40])),
        draw(st.booleans()),
        draw(st.integers(0, 2**31)),
    )


def build(spec: Spec, dtype: str) -> keras.Model:
    """The compiled model, all of it in one dtype."""
    keras.utils.set_random_seed(spec.seed % 2**32)
    layers, wide = keras.layers, {"dtype": dtype}
    inputs = [keras.Input((n,), dtype=dtype) for n in spec.features]
    results: list[Any] = list(inputs)
    for layer in spec.layers:
        read = [results[i] for i in layer.reads]
        if layer.kind in MERGES:
            if layer.kind != "Concatenate" and read[0].shape[-1] != read[1].shape[-1]:
                read[1] = layers.Dense(read[0].shape[-1], **wide)(read[1])
            results.append(getattr(layers, layer.kind)(**wide)(read))
        elif layer.kind == "Dense":
            regularizer = keras.regularizers.L2(layer.l2) if layer.l2 else None
            dense = layers.Dense(
                layer.size, layer.activation, kernel_regularizer=regularizer, **wide
            )
            results.append(dense(read[0]))
        elif layer.kind == "Activation":
            results.append(layers.Activation(layer.activation, **wide)(read[0]))
        else:
            results.append(getattr(layers, layer.kind)(**wide)(read[0]))
    outputs = spec.outputs if spec.loss != "CategoricalCrossentropy" else max(2, spec.outputs)
    model = keras.Model(inputs, layers.Dense(outputs, **wide)(results[-1]))
    from_logits = {"from_logits": True} if spec.loss in CLASS_LOSSES else {}
    loss = getattr(keras.losses, spec.loss)(**from_logits, dtype=dtype)
    optimizer = getattr(keras.optimizers, spec.optimizer.split()[0])
    model.compile(optimizer(**OPTIMIZERS[spec.optimizer]), loss)
    return model


def data(spec: Spec, model: keras.Model, seed: int) -> tuple[Any, Any, Any]:
    """Inputs, targets and sample weights (or None) for all steps, exact in float32."""
    draw = np.random.default_rng([spec.seed, seed])
    rows, outputs = STEPS * spec.rows, model.outputs[0].shape[-1]
    x = [draw.normal(size=(rows, n)).astype("float32") for n in spec.features]
    if spec.loss in REGRESSION_LOSSES:
        y: Any = draw.normal(size=(rows, outputs)).astype("float32")
    elif spec.loss == "BinaryCrossentropy":
        y = draw.integers(0, 2, (rows, outputs)).astype("float32")
    else:
        y = draw.integers(0, outputs, rows)
        if spec.loss == "CategoricalCrossentropy":
            y = np.eye(outputs, dtype="float32")[y]
    weights = draw.uniform(0.5, 2, rows).astype("float32") if spec.weighted else None
    return x, y, weights


@contextmanager
def unfused() -> Iterator[None]:
    """Programs of data that are compiled in here also put out every value on the way.

    So none of these can be fused away.
    """

    def program(graph: Any, outputs: list[int], *more: Any) -> Any:
        nodes = range(len(graph))
        of_data = any(graph.op(node) == "input" for node in nodes)
        return _core.Program(graph, [*outputs, *nodes] if of_data else outputs, *more)

    original = trace_module._core
    trace_module._core = type("Core", (), {"Graph": original.Graph, "Program": program})  # type: ignore[assignment]
    try:
        yield
    finally:
        trace_module._core = original


def train_native(spec: Spec, model: keras.Model, x: Any, y: Any, weights: Any) -> None:
    model.fit(x, y, spec.rows, sample_weight=weights, shuffle=False, verbose=0)


def train_eagerly(spec: Spec, model: keras.Model, x: Any, y: Any, weights: Any) -> None:
    """The same steps with every op run at once, and the gradients by a tape."""
    for step in range(STEPS):
        part = slice(step * spec.rows, (step + 1) * spec.rows)
        inputs = [keras.ops.convert_to_tensor(a[part]) for a in x]
        with keras.GradientTape() as tape:
            y_pred = model(inputs, training=True)
            loss = model.loss(y[part], y_pred, None if weights is None else weights[part])
            for penalty in model.losses:
                loss = loss + penalty
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)


def distance(a: list[np.ndarray], b: list[np.ndarray], start: list[np.ndarray]) -> float:
    """How far apart two models have come, in units of the way that the second went.

    Weights that ought not to have moved (a bias in front of a normalization has a gradient of
    zero) are judged by their size.
    """
    worst = 0.0
    for one, other, first in zip(a, b, start, strict=True):
        difference = np.linalg.norm(one.astype("float64") - other)
        way = np.linalg.norm(other - first.astype("float64"))
        worst = max(worst, difference / (way + 1e-3 * np.linalg.norm(first) + 1e-3))
    return worst


def disagreement(spec: Spec, seed: int) -> dict[str, float]:
    """Distances of the ways from the float64 model, after three steps."""
    exact = build(spec, "float64")
    models = {name: build(spec, "float32") for name in ("fused", "unfused", "eager")}
    # Biases of zero put what a normalization of one number gives, zero, onto the kink of a relu.
    noise = np.random.default_rng(spec.seed)
    start = [
        w + noise.uniform(0.01, 0.1, w.shape).astype("float32")
        for w in models["fused"].get_weights()
    ]
    for model in (exact, *models.values()):
        model.set_weights(start)
    x, y, weights = data(spec, exact, seed)
    train_native(spec, exact, x, y, weights)
    train_native(spec, models["fused"], x, y, weights)
    with unfused():
        train_native(spec, models["unfused"], x, y, weights)
    train_eagerly(spec, models["eager"], x, y, weights)
    goal = exact.get_weights()
    return {name: distance(model.get_weights(), goal, start) for name, model in models.items()}


def check(spec: Spec) -> None:
    """Raises an AssertionError if the ways disagree.

    A value within rounding of a kink (of a relu, a maximum, an absolute error) may fall to either
    side of it, which is nobody's fault: what is wrong with a model is wrong on other data too.
    """
    found = {}
    for seed in range(3):
        found = disagreement(spec, seed)
        if all(value < TOLERANCE for value in found.values()):
            return
    raise AssertionError(f"{found} for {spec}")


def main() -> None:
    """Tries random models and prints how many."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=int, default=2000, help="how many to try (2000)")
    options = parser.parse_args()
    tried, began = 0, time.monotonic()

    @settings(
        max_examples=options.models,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(specs())
    def run(spec: Spec) -> None:
        nonlocal tried
        tried += 1
        check(spec)

    run()
    print(f"{tried} models, no disagreement, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
