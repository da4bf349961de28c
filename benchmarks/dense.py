# SPDX-License-Identifier: Apache-2.0
"""How fast is a dense network, forward, backward and as a training step, compared with NumPy?

Run `python -m benchmarks.dense` from the repository; `--help` lists its options.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.timing import blas_threads, limit_blas_threads, print_table, time_in_turn

if TYPE_CHECKING:
    import numpy as np

BATCH = 32


@dataclass(frozen=True)
class Network:
    """One network to measure.

    Args:
        sizes: Inputs and units of each layer.
        loss: `"softmax_crossentropy"` or `"mse"`.
        optimizer: `"sgd"` or `"adam"`.
        learning_rate: Step size.
        rows: Rows of data: as large as the data that such networks are trained on, within reason.
    """

    sizes: tuple[int, ...]
    loss: str
    optimizer: str
    learning_rate: float
    rows: int

    @property
    def name(self) -> str:
        return "-".join(map(str, self.sizes))

    def forward_flop(self) -> int:
        """Multiplications and additions of the products of one batch."""
        return 2 * BATCH * sum(a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))

    def step_flop(self) -> int:
        """With the backward products: dW for every layer, dX for all but the first."""
        return 3 * self.forward_flop() - 2 * BATCH * self.sizes[0] * self.sizes[1]


NETWORKS = (
    Network((784, 300, 100, 10), "softmax_crossentropy", "sgd", 0.1, rows=200 * BATCH),
    Network((8, 30, 1), "mse", "sgd", 0.01, rows=516 * BATCH),
    Network((8, 50, 50, 50, 1), "mse", "adam", 0.001, rows=516 * BATCH),
)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dense", description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="for both libraries (1)")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each (7)")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of each (0.05)")
    options = parser.parse_args(argv)
    limit_blas_threads(options.threads)  # before NumPy is imported

    import numpy as np

    import pronghorn as keras
    from pronghorn import _core

    keras.config.set_num_threads(options.threads)
    peak = _core.measure_fma_peak(options.threads)
    print(
        f"pronghorn {keras.__version__}: {keras.config.instruction_set()}, "
        f"{options.threads} thread(s)."
    )
    print(f"NumPy {np.__version__}: {blas_threads()}.")
    print(f"Peak of this machine with {options.threads} thread(s): {peak:.1f} GFLOP/s.")
    print(f"Batches of {BATCH}; microseconds per batch, best and median of {options.rounds}.\n")

    rows = []
    for network in NETWORKS:
        for what, flop, ours, numpys in rivals(network):
            mine, theirs = time_in_turn((ours, numpys), options.rounds, options.seconds)
            speed = flop / mine.best / 1e9
            rows.append(
                [
                    f"{network.name} {network.optimizer}: {what}",
                    microseconds(mine.best),
                    microseconds(mine.median),
                    f"{speed:.1f}",
                    f"{speed / peak:.0%}",
                    microseconds(theirs.best),
                    microseconds(theirs.median),
                    f"{theirs.best / mine.best:.1f}x",
                ]
            )
    header = ["", "best us", "median us", "GFLOP/s", "of peak", "NumPy best", "median", "faster"]
    print_table(header, rows)


def microseconds(seconds: float) -> str:
    """Three digits or more."""
    return f"{seconds * 1e6:.{2 if seconds < 1e-5 else 1}f}"


Rival = tuple[str, int, Callable[[], int], Callable[[], int]]


def rivals(network: Network) -> list[Rival]:
    """Sets up what is measured of a network, and checks that both sides compute the same.

    Returns:
        For each row of the table: its name, its floating-point operations per batch, and the
        functions that run it over all the data, ours and NumPy's.
    """
    import numpy as np

    import pronghorn as keras
    from benchmarks.numpy_mlp import NumpyMLP

    rng = np.random.default_rng(0)
    x = rng.standard_normal((network.rows, network.sizes[0]), dtype=np.float32)
    y: np.ndarray = (
        rng.standard_normal((network.rows, 1), dtype=np.float32)
        if network.loss == "mse"
        else rng.integers(0, network.sizes[-1], network.rows)
    )
    order = rng.permutation(network.rows)
    steps = network.rows // BATCH

    keras.utils.set_random_seed(0)
    model = build_model(network)
    weights = model.get_weights()
    reference = NumpyMLP(weights, network.loss, network.optimizer, network.learning_rate)

    predictions = np.zeros((network.rows, network.sizes[-1]), np.float32)
    forward = loop(forward_program(model, network), [x], order, sinks=[predictions])
    backward_program, slots = gradient_program(model, network)
    backward = loop(backward_program, [x, y], order)
    training = step_program(model, network)
    first_step = loop(training, [x[:BATCH], y[:BATCH]], None)
    step = loop(training, [x, y], order)

    agree = Agreement(network)
    forward()
    agree("predictions", [predictions], [reference.forward(x[order])])
    backward()  # the loss and the gradients of the last batch stay
    gradients = reference.gradients(x[order[-BATCH:]], y[order[-BATCH:]])
    agree("loss", [slots[0].numpy()], [reference.last_loss])
    agree("gradients", [slot.numpy() for slot in slots[1:]], gradients)
    first_step()
    reference.step(x[:BATCH], y[:BATCH])
    agree("changed weights", model.get_weights(), reference.weights, before=weights)

    def numpy_epoch(work: Callable[..., Any], *arrays: np.ndarray) -> Callable[[], int]:
        def run() -> int:
            for start in range(0, network.rows, BATCH):
                rows = order[start : start + BATCH]
                work(*(array[rows] for array in arrays))
            return steps

        return run

    def fit() -> int:
        model.fit(x, y, batch_size=BATCH, epochs=4, verbose=0)
        return 4 * steps

    flop, whole = network.forward_flop(), network.step_flop()
    numpy_step = numpy_epoch(reference.step, x, y)
    return [
        ("forward", flop, forward, numpy_epoch(reference.forward, x)),
        ("forward and backward", whole, backward, numpy_epoch(reference.gradients, x, y)),
        ("training step", whole, step, numpy_step),
        ("training step in fit", whole, fit, numpy_step),
    ]


def build_model(network: Network) -> Any:
    """Builds and compiles the network."""
    import pronghorn as keras

    *hidden, outputs = network.sizes[1:]
    classes = network.loss != "mse"
    model = keras.Sequential(
        [
            keras.Input(shape=network.sizes[:1]),
            *(keras.layers.Dense(units, activation="relu") for units in hidden),
            keras.layers.Dense(outputs, activation="softmax" if classes else None),
        ]
    )
    optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    model.compile(
        optimizer=optimizers[network.optimizer](learning_rate=network.learning_rate),
        loss="sparse_categorical_crossentropy" if classes else "mse",
    )
    return model


def loop(
    program: Any, arrays: list[Any], order: Any, sinks: Sequence[Any] = ()
) -> Callable[[], int]:
    """Returns a function that runs a program once over all the data, natively."""
    from pronghorn import _core

    batches = _core.BatchLoop(program, None, arrays, BATCH, list(sinks))

    def run() -> int:
        batches.begin(order)
        return batches.run(-1, 0)

    return run


def forward_program(model: Any, network: Network) -> Any:
    """Compiles the prediction for a batch."""
    from pronghorn.backend import Trace

    with Trace() as trace:
        x = trace.input((BATCH, network.sizes[0]), "float32")
        return trace.compile([model(x)])


def gradient_program(model: Any, network: Network) -> tuple[Any, list[Any]]:
    """Compiles loss and gradients of a batch, stored in variables of their own.

    Returns:
        The program, and the variables: first that of the loss, then those of the gradients.
    """
    import numpy as np

    from pronghorn.backend import Trace, Variable

    shapes = [(), *(weight.shape for weight in model.trainable_variables)]
    slots = [Variable(np.zeros(shape, np.float32), trainable=False) for shape in shapes]
    with Trace() as trace:
        for slot, value in zip(slots, _loss_and_gradients(trace, model, network), strict=True):
            slot.assign(value)
        return trace.compile([]), slots


def step_program(model: Any, network: Network) -> Any:
    """Compiles a training step that keeps the loss of the batch, and not the means of `fit`."""
    import numpy as np

    from pronghorn.backend import Trace, Variable

    variables = model.trainable_variables
    last_loss = Variable(np.zeros((), np.float32), trainable=False)
    with Trace() as trace:
        loss, *gradients = _loss_and_gradients(trace, model, network)
        last_loss.assign(loss)
        model.optimizer.build(variables)
        model.optimizer.apply(gradients, variables)
        return trace.compile([])


def _loss_and_gradients(trace: Any, model: Any, network: Network) -> list[Any]:
    x = trace.input((BATCH, network.sizes[0]), "float32")
    y = (
        trace.input((BATCH, 1), "float32")
        if network.loss == "mse"
        else trace.input((BATCH,), "int64")
    )
    loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True))
    return [loss, *trace.gradients(loss, model.trainable_variables)]


@dataclass(frozen=True)
class Agreement:
    """Refuses to time two things of which one is wrong."""

    network: Network

    def __call__(
        self, what: str, mine: list[Any], theirs: list[Any], before: Sequence[Any] = ()
    ) -> None:
        """Compares two lists of arrays as vectors, or what has been added to them since before.

        Each side's sums of n products are off by about sqrt(n) eps of their size, layer after
        layer; what is the difference of two stored values is off by eps of those, too.
        """
        import numpy as np

        def vector(arrays: Sequence[Any]) -> np.ndarray:
            return np.concatenate([np.zeros(0), *(np.ravel(array) for array in arrays)])

        old = vector(before) if before else np.zeros(1)
        wanted = vector(theirs) - old
        eps = np.finfo(np.float32).eps
        layers, longest = len(self.network.sizes) - 1, max(*self.network.sizes, BATCH)
        allowed = 4 * layers * longest**0.5 * eps * np.linalg.norm(wanted)
        allowed += 4 * eps * np.linalg.norm(old)
        difference = np.linalg.norm(vector(mine) - vector(theirs))
        if not difference <= allowed:
            raise RuntimeError(
                f"{self.network.name}: {what} differ from NumPy's by {difference:.1e}, "
                f"which is more than rounding explains ({allowed:.1e})."
            )


if __name__ == "__main__":
    main()
