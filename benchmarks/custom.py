# SPDX-License-Identifier: Apache-2.0
"""How fast do a loss, layer, optimizer, metric, training step or loop of one's own train?

Each is the formula of a built-in one, written with `pronghorn.ops`, so that all train the same.

Run `python -m benchmarks.custom` from the repository; `--help` lists its options.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pronghorn as keras
from benchmarks.timing import print_table, time_in_turn
from benchmarks.workloads import WORKLOADS, Workload
from pronghorn import ops


def own_crossentropy(y_true: Any, y_pred: Any) -> Any:
    labels = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1])
    return -ops.sum(labels * ops.log(ops.clip(y_pred, 1e-7, 1.0)), axis=-1)


def own_squares(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


class OwnDense(keras.layers.Layer):
    def __init__(self, units: int, activation: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.activation = units, activation

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.units))
        self.bias = self.add_weight((self.units,), initializer="zeros")

    def call(self, x: Any) -> Any:
        x = ops.matmul(x, self.kernel) + self.bias
        if self.activation == "softmax":
            e = ops.exp(x - ops.max(x, axis=-1, keepdims=True))
            return e / ops.sum(e, axis=-1, keepdims=True)
        return ops.maximum(x, 0.0) if self.activation == "relu" else x


class OwnDescent(keras.optimizers.Optimizer):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        variable.assign(variable - learning_rate * gradient)


class OwnAdam(keras.optimizers.Optimizer):
    def create_slots(self) -> None:
        self.first, self.second = self.add_slots("first", "second")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), self.step_number()
        m, v = self.first[index], self.second[index]
        m.assign(0.9 * m + 0.1 * gradient)
        v.assign(0.999 * v + 0.001 * ops.square(gradient))
        rate = learning_rate * ops.sqrt(1.0 - 0.999**t) / (1.0 - 0.9**t)
        variable.assign(variable - rate * m / (ops.sqrt(v) + 1e-7))


class OwnMetric(keras.metrics.Metric):
    def __init__(self, name: str = "own") -> None:
        super().__init__(name=name)
        self.total, self.count = self.add_weight(name="total"), self.add_weight(name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if y_pred.shape[-1] > 1:
            labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
            values = ops.cast(labels == ops.argmax(y_pred, axis=-1), "float32")
        else:
            values = ops.abs(y_true - y_pred)
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(float(values.shape[0]))

    def result(self) -> Any:
        return self.total / self.count


class OwnStep(keras.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=float(x.shape[0]))
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


def make(
    work: Workload,
    style: Any = keras.Sequential,
    dense: Any = keras.layers.Dense,
    own: Sequence[str] = (),
    **compile_arguments: Any,
) -> Any:
    """A compiled model with the weights of the workload and some parts written by hand."""
    *hidden, outputs = work.sizes[1:]
    last = "softmax" if work.classes else None
    layers = [dense(units, activation=work.activation) for units in hidden]
    model = style([keras.Input(work.sizes[:1]), *layers, dense(outputs, activation=last)])
    model.set_weights(work.weights())
    loss: Any = "sparse_categorical_crossentropy" if work.classes else "mse"
    if "loss" in own:
        loss = own_crossentropy if work.classes else own_squares
    mine = {"sgd": OwnDescent, "adam": OwnAdam}[work.optimizer]
    optimizer = mine(work.learning_rate) if "optimizer" in own else work.optimizer
    metric = OwnMetric() if "metric" in own else "accuracy" if work.classes else "mae"
    model.compile(optimizer, loss, metrics=[metric], **compile_arguments)
    return model


def fit(model: Any, work: Workload, x: np.ndarray, y: np.ndarray) -> Callable[[], int]:
    """Trains for an epoch; returns the number of steps."""

    def epoch() -> int:
        model.fit(x, y, batch_size=work.batch, shuffle=False, verbose=0)
        return -(-len(x) // work.batch)

    return epoch


def loop(work: Workload, x: np.ndarray, y: np.ndarray) -> tuple[Any, Callable[[], int]]:
    """A model, and its training by a loop as in chapter 12 of "Hands-On Machine Learning"."""
    model = make(work)
    optimizer = keras.optimizers.get(work.optimizer)
    loss_fn = keras.losses.get("sparse_categorical_crossentropy" if work.classes else "mse")
    mean_loss = keras.metrics.Mean()

    def epoch() -> int:
        for start in range(0, len(x), work.batch):
            rows = slice(start, start + work.batch)
            with keras.GradientTape() as tape:
                loss = ops.mean(loss_fn(y[rows], model(x[rows], training=True)))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            mean_loss(loss)
        return -(-len(x) // work.batch)

    return model, epoch


def agree(models: dict[str, Any], work: Workload, epochs: Sequence[Callable[[], int]]) -> None:
    """All must have the same weights after an epoch, to rounding."""
    for epoch in epochs:
        epoch()
    first, *others = models.items()
    for name, model in others:
        for mine, theirs in zip(model.get_weights(), first[1].get_weights(), strict=True):
            if not np.allclose(mine, theirs, rtol=1e-2, atol=1e-3):
                worst = np.abs(mine - theirs).max()
                raise AssertionError(f"{work.name}, {name}: weights differ by {worst}")


def work_of_a_step(model: Any, work: Workload) -> float:
    """Scalar operations of the compiled step of a full batch: what no other program disturbs."""
    (step,) = (s for s in model._steps if s.key[:2] == ("train", work.batch))
    return step.program.work


def measure(work: Workload, rows: int, rounds: int) -> None:
    """Prints the table of one workload."""
    x, y = work.arrays()
    x, y = x[:rows], y[:rows]
    models = {
        "all built in": make(work),
        "own loss": make(work, own=["loss"]),
        "own layers": make(work, dense=OwnDense),
        "own optimizer": make(work, own=["optimizer"]),
        "own metric": make(work, own=["metric"]),
        "own `train_step`": make(work, OwnStep),
        "all of these": make(work, OwnStep, OwnDense, ["loss", "optimizer", "metric"]),
    }
    native = [fit(model, work, x, y) for model in models.values()]
    few = slice(0, max(work.batch, rows // 50))
    eager = make(work, run_eagerly=True)
    looped, epoch = loop(work, x[few], y[few])
    called = {"`run_eagerly=True`": eager, "a loop with a `GradientTape`": looped}
    agree(models, work, native)
    by_batch = [fit(eager, work, x[few], y[few]), epoch]
    base = make(work)
    agree({"fit": base, **called}, work, [fit(base, work, x[few], y[few]), *by_batch])

    timings = time_in_turn([*native, *by_batch], rounds, seconds=0.25)
    best = timings[0].best
    done = [work_of_a_step(model, work) for model in models.values()]
    shares = [f"{each / done[0]:.1%}" for each in done] + [""] * len(called)
    layers = "-".join(map(str, work.sizes))
    print(
        f"\n{layers}, {work.optimizer}, batch {work.batch}: microseconds a step, best of rounds\n"
    )
    print_table(
        ["", "us/step", "median", "speed", "operations"],
        [
            [name, f"{t.best * 1e6:.2f}", f"{t.median * 1e6:.2f}", f"{best / t.best:.1%}", share]
            for name, t, share in zip([*models, *called], timings, shares, strict=True)
        ],
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.custom", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--rows", type=int, default=8000, help="rows to train on (8000)")
    options = parser.parse_args(argv)
    for name in ("mnist-sgd", "housing-deep", "housing-small"):
        measure(WORKLOADS[name], options.rows, options.rounds)


if __name__ == "__main__":
    main()
