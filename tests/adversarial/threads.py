# SPDX-License-Identifier: Apache-2.0
"""Does anything change when many threads do different things at once?

Each job (training, files, copies, eager ops, tapes, ...) computes arrays from its seed. In a first
interpreter they are done one after the other. In a second one, where nothing has been imported or
compiled yet, threads that start together do all of them again and again, in different orders; the
arrays must be the same. Meant for a free-threaded Python, and of use on any.

    python -m tests.adversarial.threads --threads 8 --repeats 20
"""

from __future__ import annotations

import argparse
import copy
import pickle
import random
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Arrays = list[np.ndarray]


def _data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).normal(size=(100, 6)).astype("float32")
    return x, x[:, :1] * x[:, 1:2]


def _model(seed: int, **compiled: Any) -> Any:
    import pronghorn as keras

    def dense(width: int, number: int, activation: str | None = None) -> Any:
        first = keras.initializers.GlorotUniform(seed=seed + number)
        return keras.layers.Dense(width, activation, kernel_initializer=first)

    net = keras.Sequential(
        [
            keras.Input((6,)),
            dense(8 + seed % 5, 1, "gelu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.2, seed=seed),
            dense(1, 2),
        ]
    )
    net.compile(**{"optimizer": "adam", "loss": "mse", "metrics": ["mae"], **compiled})
    return net


def _trained(seed: int) -> Any:
    net = _model(seed)
    net.fit(*_data(seed), epochs=2, shuffle=False, verbose=0, validation_split=0.2)
    return net


def train(seed: int) -> Arrays:
    net = _trained(seed)
    x, y = _data(seed)
    return [*net.get_weights(), net.predict(x, verbose=0), np.array(net.evaluate(x, y, verbose=0))]


def files(seed: int) -> Arrays:
    import pronghorn as keras

    net = _trained(seed)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("model.keras", "model.h5"):
            net.save(Path(folder, name))
        loaded = [keras.models.load_model(Path(folder, n)) for n in ("model.keras", "model.h5")]
    return [weights for net in loaded for weights in net.get_weights()]


def copies(seed: int) -> Arrays:
    import pronghorn as keras

    net = _trained(seed)
    nets = [copy.deepcopy(net), pickle.loads(pickle.dumps(net)), keras.models.clone_model(net)]
    nets[2].set_weights(net.get_weights())
    return [n.predict(_data(seed)[0], verbose=0) for n in nets]


def eager(seed: int) -> Arrays:
    from pronghorn import ops

    x = ops.convert_to_tensor(_data(seed)[0][: 20 + seed])
    y = ops.softmax(ops.matmul(x, ops.transpose(x)))
    return [t.numpy() for t in (y, ops.sort(y, axis=-1), ops.logsumexp(x, axis=0), ops.std(x))]


def tapes(seed: int) -> Arrays:
    import pronghorn as keras

    x = keras.Variable(_data(seed)[0][: 5 + seed])
    with keras.GradientTape() as outer:
        with keras.GradientTape() as inner:
            loss = keras.ops.sum(keras.ops.tanh(x) ** 3)
        gradient = inner.gradient(loss, x)
        total = keras.ops.sum(gradient * gradient)
    return [gradient.numpy(), outer.gradient(total, x).numpy()]


def subclasses(seed: int) -> Arrays:
    import pronghorn as keras

    class Twice(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs * (2.0 + seed)

    net = keras.Sequential([keras.Input((6,)), Twice(), keras.layers.Activation("silu")])
    again = keras.Sequential.from_config(net.get_config(), custom_objects={"Twice": Twice})
    return [again.predict(_data(seed)[0], verbose=0)]


def estimators(seed: int) -> Arrays:
    from sklearn.exceptions import ConvergenceWarning

    from pronghorn.estimators import MLPRegressor

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = _data(seed)
    net = MLPRegressor(hidden_layer_sizes=(8,), max_iter=3, random_state=seed).fit(x, y[:, 0])
    return [net.predict(x)]


def side_by_side(seed: int) -> Arrays:
    import pronghorn as keras

    nets = [_model(seed + i) for i in range(3)]
    keras.models.fit_many(nets, *_data(seed), seeds=[1, 2, 3], epochs=2)
    return [weights for net in nets for weights in net.get_weights()]


JOBS: dict[str, Callable[[int], Arrays]] = {
    f.__name__: f
    for f in (train, files, copies, eager, tapes, subclasses, estimators, side_by_side)
}
SEEDS = range(3)


def one_after_the_other() -> dict[tuple[str, int], Arrays]:
    """The arrays of all jobs, by name and seed."""
    return {(name, seed): job(seed) for name, job in JOBS.items() for seed in SEEDS}


def at_once(
    expected: dict[tuple[str, int], Arrays], threads: int, repeats: int, seed: int
) -> list[str]:
    """What went otherwise when `threads` threads did all jobs `repeats` times."""
    wrong: list[str] = []
    together = threading.Barrier(threads)

    def work(number: int) -> None:
        keys = list(expected)
        random.Random(seed + number).shuffle(keys)
        together.wait()
        for _ in range(repeats):
            for name, job_seed in keys:
                try:
                    got = JOBS[name](job_seed)
                    for a, b in zip(got, expected[name, job_seed], strict=True):
                        np.testing.assert_array_equal(a, b)
                except BaseException as error:  # also what a thread would die of silently
                    wrong.append(f"{name}({job_seed}): {type(error).__name__}: {error}")

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong


def in_a_new_interpreter(threads: int, repeats: int, seed: int = 0) -> subprocess.CompletedProcess:
    """`at_once`, where it is the first thing that happens; the result's code tells how it went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "expected.pickle")
        path.write_bytes(pickle.dumps(one_after_the_other()))
        values = [path, threads, repeats, seed]
        return subprocess.run(
            [sys.executable, "-m", __spec__.name, "--expected", *map(str, values)],
            capture_output=True,
            text=True,
        )


def main() -> None:
    """Run the script; see the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.adversarial.threads")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the orders")
    parser.add_argument("--expected", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.expected:
        path, *numbers = options.expected
        expected = pickle.loads(Path(path).read_bytes())
        sys.setswitchinterval(1e-5)
        wrong = at_once(expected, *map(int, numbers))
        sys.exit("\n".join(wrong) or 0)
    done = in_a_new_interpreter(options.threads, options.repeats, options.seed)
    jobs = len(JOBS) * len(SEEDS) * options.threads * options.repeats
    print(f"{jobs} jobs: {'all as alone' if done.returncode == 0 else done.stderr}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
