# SPDX-License-Identifier: Apache-2.0
"""What do validation, metrics, History and the progress bar cost, beside the arithmetic?

Run `python -m benchmarks.overheads` from the repository; `--help` lists its options.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

from benchmarks.timing import print_table, time_in_turn
from benchmarks.workloads import WORKLOADS


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overheads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--rows", type=int, default=55_000, help="images to train on (55000)")
    options = parser.parse_args(argv)

    import pronghorn as keras

    work = WORKLOADS["mnist-sgd"]
    x, y = work.arrays()
    x, y = x[: options.rows], y[: options.rows]
    validation = (x[: len(x) // 11], y[: len(x) // 11])

    def model(metrics: list[str] | None) -> keras.Sequential:
        *hidden, outputs = work.sizes[1:]
        layers = [keras.layers.Dense(units, activation="relu") for units in hidden]
        layers += [keras.layers.Dense(outputs, activation="softmax")]
        built = keras.Sequential([keras.Input(work.sizes[:1]), *layers])
        built.compile("sgd", "sparse_categorical_crossentropy", metrics=metrics)
        return built

    def fit(metrics: list[str] | None = None, verbose: int = 0, test: bool = False) -> Callable:
        trained = model(metrics)

        def run() -> int:
            with redirect_stdout(io.StringIO()):
                trained.fit(
                    x,
                    y,
                    batch_size=32,
                    verbose=verbose,
                    validation_data=validation if test else None,
                )
            return 1

        return run

    judged = model(["accuracy"])
    predictions = model(None)

    def evaluate() -> int:
        judged.evaluate(*validation, batch_size=32, verbose=0)
        return 1

    def predict() -> int:
        predictions.predict(validation[0], batch_size=32, verbose=0)
        return 1

    cases = {
        "fit, nothing else": fit(),
        "with accuracy": fit(["accuracy"]),
        "with accuracy and progress bar": fit(["accuracy"], verbose=1),
        "with accuracy, progress bar, validation": fit(["accuracy"], verbose=1, test=True),
        "evaluate the validation data alone": evaluate,
        "predict the validation data alone": predict,
    }
    timings = time_in_turn(list(cases.values()), options.rounds, seconds=0.5)
    bare = timings[0].best
    rows = [
        [name, f"{timing.best * 1e3:.1f}", f"{timing.best / bare - 1:+.1%}"]
        for name, timing in zip(cases, timings, strict=True)
    ]
    print(
        f"784-300-100-10, batch 32, {len(x)} images, {len(validation[0])} for validation; "
        "milliseconds, best of the rounds.\n"
    )
    print_table(["", "an epoch", "against the first"], rows[:4])
    print()
    print_table(
        ["", "time", "of an epoch"],
        [[*row[:2], f"{t.best / bare:.1%}"] for row, t in zip(rows[4:], timings[4:], strict=True)],
    )


if __name__ == "__main__":
    main()
