# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.versus` makes every library do: networks, their data, their first weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Workload:
    """A network to train or to predict with, and its data.

    Args:
        name: On the command line and in tables.
        sizes: Inputs and units of each layer.
        optimizer: `"sgd"` or `"adam"`.
        batch: Rows of a step, or of a call of `predict`.
        rows: Rows of the data.
        data: `"mnist"`, `"housing"` or `"synthetic"`.
        classes: Whether it learns classes (softmax) rather than numbers (mean squared error).
        activation: Of the hidden layers.
        predicts: Whether prediction is measured, not training.
    """

    name: str
    sizes: tuple[int, ...]
    optimizer: str
    batch: int
    rows: int
    data: str = "synthetic"
    classes: bool = False
    activation: str = "relu"
    predicts: bool = False

    @property
    def learning_rate(self) -> float:
        return {"sgd": 0.01, "adam": 0.001}[self.optimizer]

    def flop(self) -> int:
        """Multiplications and additions of the matrix products of an epoch or a prediction."""
        products = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        if self.predicts:
            return 2 * self.batch * sum(products)
        return 2 * self.rows * (3 * sum(products) - products[0])  # the input needs no gradient

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """The data: x `(rows, inputs)` float32, y `(rows,)` int64 or `(rows, outputs)` float32."""
        rng = np.random.default_rng(0)
        try:
            real = {"mnist": _mnist, "housing": _housing}.get(self.data)
            if real is not None:
                return real(self.rows)
        except OSError as error:
            print(f"# {self.name}: {self.data} is not there ({error}); numbers at random instead.")
        x = rng.standard_normal((self.rows, self.sizes[0]), dtype=np.float32)
        if self.classes:
            return x, rng.integers(0, self.sizes[-1], self.rows)
        return x, np.tanh(x[:, :1] + rng.standard_normal((1, self.sizes[-1]), dtype=np.float32))

    def weights(self) -> list[np.ndarray]:
        """The same first weights for every library (Glorot and Bengio, 2010), float32."""
        rng, weights = np.random.default_rng(1), []
        for inputs, units in zip(self.sizes, self.sizes[1:], strict=False):
            limit = (6 / (inputs + units)) ** 0.5
            weights.append(rng.uniform(-limit, limit, (inputs, units)).astype(np.float32))
            weights.append(np.zeros(units, np.float32))
        return weights

    def save(self, folder: Path) -> None:
        """Writes data and weights where the processes of the rivals find them."""
        x, y = self.arrays()
        np.savez(folder / "data.npz", x=x, y=y)
        np.savez(folder / "weights.npz", *self.weights())


def _mnist(rows: int) -> tuple[np.ndarray, np.ndarray]:
    from pronghorn.datasets import mnist

    (x, y), _ = mnist.load_data()
    return x[:rows].reshape(-1, 784).astype(np.float32) / 255, y[:rows].astype(np.int64)


def _housing(rows: int) -> tuple[np.ndarray, np.ndarray]:
    from pronghorn.datasets import california_housing

    (x, y), _ = california_housing.load_data(test_split=0.0)
    x, y = x[:rows], y[:rows].reshape(-1, 1) / 1e5
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y.astype(np.float32)


WORKLOADS = {
    work.name: work
    for work in (
        Workload("mnist-sgd", (784, 300, 100, 10), "sgd", 32, 55_000, "mnist", True),
        Workload("housing-small", (8, 30, 1), "sgd", 32, 11_610, "housing"),
        Workload("housing-deep", (8, 50, 50, 50, 1), "adam", 32, 11_610, "housing"),
        Workload("10-64-64-1", (10, 64, 64, 1), "adam", 32, 20_000),
        Workload("full-batch", (4, 32, 16, 4), "adam", 10_000, 10_000, activation="tanh"),
        Workload("mnist-wide", (784, 1024, 1024, 10), "adam", 256, 55_000, "mnist", True),
        Workload("2048-wide", (1024, 2048, 2048, 1000), "adam", 1024, 8192, classes=True),
        Workload("one-row-small", (10, 64, 64, 1), "sgd", 1, 1000, predicts=True),
        Workload("one-row-mnist", (784, 300, 100, 10), "sgd", 1, 1000, "mnist", True, "relu", True),
        Workload(
            "10000-rows", (784, 300, 100, 10), "sgd", 10_000, 10_000, "mnist", True, "relu", True
        ),
    )
}


def grid() -> dict[str, Workload]:
    """Widths by batches: two hidden layers, 32 inputs, one output."""
    works = {}
    for width in (8, 32, 128, 512, 2048):
        for batch in (1, 32, 512, 4096):
            name = f"{width}-wide-batch-{batch}"
            rows = max(batch, min(4096, 32 * 4096 // width))
            works[name] = Workload(name, (32, width, width, 1), "sgd", batch, rows)
    return works


def find(name: str) -> Workload:
    """The workload of a name, from the list or the grid."""
    return (WORKLOADS | grid())[name]
