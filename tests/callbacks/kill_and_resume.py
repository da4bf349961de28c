# SPDX-License-Identifier: Apache-2.0
"""Trainings that are killed at random moments and started again end with the same bits.

    python tests/callbacks/kill_and_resume.py [--kills 200] [--seed 0]

Each program is killed with SIGKILL some random time after its training has begun, and started again
until it reaches the end; then all that it leaves is compared with that of a program that was left
alone: weights, optimizer, history, log, best model. After each kill every file is read.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import pronghorn as keras
from pronghorn import layers
from pronghorn.saving.state_file import read_state, write_state

ROWS, EPOCHS, BATCH = 90, 14, 16


class Largest(keras.callbacks.Callback):
    """Remembers the largest loss, and writes it into the logs."""

    state_names = ("largest",)

    def on_train_begin(self, logs: Any = None) -> None:
        self.largest = 0.0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.largest = logs["largest"] = max(self.largest, logs["loss"])


class Begun(keras.callbacks.Callback):
    """Tells the program that will kill this one that training begins."""

    def on_train_begin(self, logs: Any = None) -> None:
        print("begun", flush=True)


def batches(x: np.ndarray, y: np.ndarray) -> Iterator[Any]:
    """Endless, of random rows."""
    rng = np.random.default_rng(5)
    while True:
        rows = rng.integers(0, len(x), BATCH)
        yield x[rows], y[rows]


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 6)).astype("float32")
    return x, (x.sum(axis=1) + rng.normal(size=ROWS)).astype("float32")


def model() -> Any:
    built = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.GaussianNoise(0.1),
            layers.Dense(1),
        ]
    )
    built.compile(keras.optimizers.Adam(0.01, use_ema=True), "mse", metrics=["mae"])
    return built


# name -> how often a backup is made, and arguments of `fit`
SCENARIOS: dict[str, tuple[Any, dict[str, Any]]] = {
    "every epoch": ("epoch", {"batch_size": BATCH, "validation_split": 0.2}),
    "every 2 batches": (2, {"batch_size": BATCH, "validation_split": 0.2}),
    "epochs that are no passes": (3, {"batch_size": BATCH, "steps_per_epoch": 3}),
    "a generator": (1, {"steps_per_epoch": 5, "validation_data": data()}),
}


def train(folder: Path, scenario: str) -> None:
    """The program that is killed: trains, and leaves what came out in `folder`."""
    # What goes on does not depend on the numbers that the new program begins with.
    goes_on = (folder / "backup" / "latest.npz").exists()
    keras.utils.set_random_seed(8 if goes_on else 7)
    save_freq, arguments = SCENARIOS[scenario]
    x, y = data()
    watched = "val_loss" if {"validation_split", "validation_data"} & set(arguments) else "loss"
    fed = (batches(x, y),) if scenario == "a generator" else (x, y)
    trained = model()
    history = trained.fit(
        *fed,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[
            Begun(),
            keras.callbacks.BackupAndRestore(folder / "backup", save_freq=save_freq),
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.99 * rate),
            keras.callbacks.EarlyStopping(watched, patience=6, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(watched, factor=0.5, patience=2),
            keras.callbacks.SwapEMAWeights(),
            keras.callbacks.ModelCheckpoint(folder / "best.keras", watched, save_best_only=True),
            keras.callbacks.CSVLogger(folder / "log.csv"),
            Largest(),
        ],
        **arguments,
    )
    write_state(
        folder / "result.npz",
        {
            "weights": trained.get_weights(),
            "optimizer": [v.numpy() for v in trained.optimizer.variables],
            "epochs": history.epoch,
            "history": dict(history.history),
            "next random numbers": keras.random.uniform((3,)),
        },
    )


def run(folder: Path, scenario: str, patience: float | None = None) -> float | None:
    """Start the program; after some seconds of training, if given, it is killed.

    Returns:
        The seconds from the beginning of training to the end; None if it did not reach that.
    """
    command = [sys.executable, __file__, "--train", str(folder), "--scenario", scenario]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "begun\n":
            raise RuntimeError(f"the program did not begin: {process.wait()}")
        begun = time.monotonic()
        if patience is not None:
            time.sleep(patience)
            process.kill()
        code = process.wait()
    if code not in (0, -9):
        raise RuntimeError(f"the program failed: {code}")
    return time.monotonic() - begun if code == 0 else None


def check_files(folder: Path) -> None:
    """Every file is whole; what a killed program was writing has a name with a dot in front."""
    for path in (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        if path.suffix == ".npz":
            read_state(path)
        elif path.suffix == ".keras":
            keras.models.load_model(path)
        else:
            assert path.read_text()[-1:] in ("", "\n"), path


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, NaN included."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if a is None or isinstance(a, str | int):
        return bool(a == b)
    return np.array_equal(a, b, equal_nan=True)


def outcome(folder: Path) -> dict[str, Any]:
    best = keras.models.load_model(folder / "best.keras")
    return {
        **read_state(folder / "result.npz"),
        "log": (folder / "log.csv").read_text(),
        "best": best.get_weights(),
    }


def kill_and_compare(
    scenario: str, kills: int, rng: np.random.Generator, folder: Path
) -> tuple[int, int]:
    """Kill programs at least so often; returns how many programs and how many kills it were.

    Raises:
        AssertionError: one left something else than the program that was not killed.
    """
    straight = folder / "straight"
    straight.mkdir(parents=True)
    longest = run(straight, scenario)
    assert longest is not None
    wanted = outcome(straight)
    programs = killed = 0
    while killed < kills:
        broken = folder / str(programs)
        broken.mkdir()
        while run(broken, scenario, rng.uniform(0, longest)) is None:
            killed += 1
            check_files(broken)
        programs += 1
        got = outcome(broken)
        for part in wanted:
            assert same(got[part], wanted[part]), f"{scenario}: {part} differs in {broken}"
        assert not (broken / "backup").exists()
    return programs, killed


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill trainings and let them go on.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenario", choices=SCENARIOS)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train is not None:
        train(arguments.train, arguments.scenario)
        return
    rng = np.random.default_rng(arguments.seed)
    scenarios = [arguments.scenario] if arguments.scenario else list(SCENARIOS)
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in scenarios:
            share = -(-arguments.kills // len(scenarios))
            programs, killed = kill_and_compare(name, share, rng, Path(folder) / name)
            total += killed
            print(
                f"{name}: {programs} programs, killed {killed} times, all ended with the same bits"
            )
    print(f"{total} kills, no difference, no file half-written")


if __name__ == "__main__":
    main()
