# SPDX-License-Identifier: Apache-2.0
"""Loads damaged and forged files: `python -m tests.saving.fuzz 20000`.

Every case is a valid file with something changed: bytes flipped, the end cut off, members of the
archive dropped, swapped or renamed, JSON values replaced, moved or nested, groups and attributes of
HDF5 removed or replaced by links. Loading must give a whole model, or a ValueError, an OSError or a
TypeError (where a class does not take what it is given, as in Keras); in limited memory and time;
and a model that weights are loaded into must be as it was if that fails.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import pronghorn as keras

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras"
FILES = (
    "01_seq_mnist_trained.keras",
    "02_func_wide_deep_trained.keras",
    "06_func_nested_shared.keras",
    "09_func_preproc_trained.keras",
    "13_bfloat16.keras",
    "14_func_frozen_trained.keras",
    "16_lambda.keras",
    "21_seq_unbuilt.keras",
    "26_portable_hand.keras",
    "01_seq_mnist.h5",
    "06_func_nested_shared.h5",
    "keras2/k2_seq.h5",
    "keras2/k2_func.h5",
    "keras2/k2_func.keras",
    "keras2/k2_legacy_adam.h5",
    "keras2/k1_style_seq.h5",
    "01_seq_mnist.weights.h5",
    "22_sharded.weights.json",
)
ALLOWED = (ValueError, OSError, TypeError)
SECONDS, BYTES = 10, 1 << 31  # of processor time for a case; of memory beyond the process's own


# -- what is done to a file ------------------------------------------------------------------------


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 50])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def flip_early_bytes(data: bytes, rng: random.Random) -> bytes:
    """Where headers are."""
    head = min(len(data), 2048)
    return flip_bytes(data[:head], rng) + data[head:]


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def move_a_piece(data: bytes, rng: random.Random) -> bytes:
    size = rng.randrange(1, 200)
    source, target = rng.randrange(len(data)), rng.randrange(len(data))
    piece = data[source : source + size]
    return data[:target] + piece + data[target + len(piece) :]


ON_BYTES = (flip_bytes, flip_early_bytes, cut, move_a_piece)


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**63, 10**12, 10**30, 1.5, 1e308, float("nan"), "",
    "relu", "keras", "..", "x" * 1000, [], {}, [None], [None, 10**9], [10**6, 10**6], deep(90),
    {"class_name": "Dense", "config": {}}, {"class_name": "__numpy__", "config": {}},
    {"class_name": "__lambda__", "config": {"value": ["4wEAAA==", None, None]}},
    {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
    {"module": "builtins", "class_name": "function", "config": "eval"},
    {"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "S99999999999"}},
)  # fmt: skip


def mutate_json(data: bytes, rng: random.Random) -> bytes:
    """One to three values replaced, removed, repeated or moved."""
    root = json.loads(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        nodes: list[tuple[Any, Any]] = []
        stack = [root]
        while stack:
            value = stack.pop()
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in list(items):
                nodes.append((value, key))
                if isinstance(item, dict | list):
                    stack.append(item)
        if not nodes:
            break
        parent, key = rng.choice(nodes)
        other, other_key = rng.choice(nodes)
        how = rng.randrange(5)
        if how == 0:
            parent[key] = rng.choice(VALUES)
        elif how == 1:
            del parent[key]
        elif how == 2:
            parent[key] = json.loads(json.dumps(other[other_key]))
        elif how == 3 and isinstance(parent, list):
            parent.insert(key, json.loads(json.dumps(parent[key])))
        elif isinstance(parent[key], int | float) and not isinstance(parent[key], bool):
            parent[key] = parent[key] * rng.choice([-1, 0, 2, 10**7, 0.5])
    return json.dumps(root).encode()


def mutate_hdf5(data: bytes, rng: random.Random) -> bytes:
    """A group, data set or attribute of a well-formed file changed."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        for _ in range(rng.choice([1, 1, 2])):
            name = rng.choice(names)
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            item = file[name]
            how = rng.randrange(7)
            if how == 0:
                del file[name]
            elif how == 1:
                del file[name]
                file[name] = h5py.ExternalLink("/etc/passwd", "/")
            elif how == 2:
                del file[name]
                file[name] = h5py.SoftLink("/" if rng.random() < 0.5 else f"/{name}")
            elif how == 3:
                del file[name]
                shape = rng.choice([(0,), (1,), (10**6, 10**6), (4, 5), ()])
                kind = rng.choice(["f4", "f8", "i8", "S5", "c16", h5py.string_dtype(), "u1"])
                chunks = True if shape and 0 not in shape else None
                file.create_dataset(name, shape, kind, chunks=chunks)
            elif how == 4:
                other = rng.choice(names)
                apart = not other.startswith(name) and not name.startswith(other)
                if apart and isinstance(file.get(other, getlink=True), h5py.HardLink):
                    del file[name]
                    file[name] = file[other]  # the same twice, or a group for a data set
            else:
                owner = rng.choice([file, item])
                attributes = list(owner.attrs)
                if attributes:
                    attribute = rng.choice(attributes)
                    value = owner.attrs[attribute]
                    if isinstance(value, str | bytes) and value[:1] in ("{", b"{"):
                        text = value.encode() if isinstance(value, str) else value
                        owner.attrs[attribute] = mutate_json(text, rng).decode()
                    else:
                        new = rng.choice(["", "x", 3, np.arange(4), ["a", "b"], np.zeros(0)])
                        owner.attrs[attribute] = new
    return buffer.getvalue()


def mutate_zip(data: bytes, rng: random.Random) -> bytes:
    """A well-formed archive in which members are gone, exchanged, renamed or changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    how = rng.randrange(8)
    if how == 0:
        del members[name]
    elif how == 1:
        other = rng.choice(list(members))
        members[name], members[other] = members[other], members[name]
    elif how == 2:
        members[rng.choice(["../evil", "/etc/evil", "assets/../../evil", "C:\\evil"])] = b"x"
    elif how == 3:
        members[name] = rng.choice(ON_BYTES)(members[name], rng)
    elif how == 4 and name.endswith(".h5"):
        members[name] = mutate_hdf5(members[name], rng)
    elif "config.json" in members:
        members["config.json"] = mutate_json(members["config.json"], rng)
    buffer = io.BytesIO()
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return buffer.getvalue()


def mutated(data: bytes, suffix: str, rng: random.Random) -> bytes:
    structured = {".keras": mutate_zip, ".h5": mutate_hdf5, ".json": mutate_json}[suffix]
    change = structured if rng.random() < 0.7 else rng.choice(ON_BYTES)
    try:
        return change(data, rng)
    except (KeyError, RuntimeError, ValueError, OSError):  # a second change that the first spoilt
        return flip_bytes(data, rng)


# -- what must come of it --------------------------------------------------------------------------


class Corpus:
    """The valid files, and models that weights are loaded into."""

    def __init__(self) -> None:
        self.data = {name: (FIXTURES / name).read_bytes() for name in FILES}
        self.target = keras.models.load_model(FIXTURES / "01_seq_mnist_trained.keras")
        self.weights = self.target.get_weights()

    def make(self, seed: int, folder: Path) -> Path:
        """The file of a case."""
        rng = random.Random(seed)
        name = FILES[seed % len(FILES)]
        path = folder / Path(name).name
        path.write_bytes(mutated(self.data[name], path.suffix, rng))
        return path

    def check(self, path: Path) -> str:
        """What came of loading a file: "model" or the name of an allowed error.

        Raises:
            AssertionError: anything else.
        """
        into_model = "weights" in path.name
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if into_model:
                    self.target.load_weights(path)
                else:
                    model = keras.models.load_model(path)
        except ALLOWED as error:
            if not str(error):
                raise AssertionError("an error without a message") from error
            if into_model:
                for now, before in zip(self.target.get_weights(), self.weights, strict=True):
                    np.testing.assert_array_equal(now, before)
            return type(error).__name__
        if into_model:
            self.target.set_weights(self.weights)
            return "weights"
        assert isinstance(model, keras.Model)
        assert all(variable.numpy().shape == variable.shape for variable in model.weights)
        return "model"


def run(first: int, last: int) -> Counter[str]:
    """Check cases in this process.

    Raises:
        AssertionError: names the case.
    """
    corpus, outcomes = Corpus(), Counter()
    with tempfile.TemporaryDirectory() as folder:
        for shard in FIXTURES.glob("22_sharded_0*"):
            (Path(folder) / shard.name).write_bytes(shard.read_bytes())
        for seed in range(first, last):
            path = corpus.make(seed, Path(folder))
            try:
                outcomes[corpus.check(path)] += 1
            except BaseException as error:
                raise AssertionError(f"case {seed} ({path.name}): {error!r}") from error
    return outcomes


def _child(first: int, last: int, out: Any) -> None:
    """Cases in a process with limits, each announced before it begins."""
    corpus = Corpus()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with tempfile.TemporaryDirectory() as folder:
        for shard in FIXTURES.glob("22_sharded_0*"):
            (Path(folder) / shard.name).write_bytes(shard.read_bytes())
        for seed in range(first, last):
            path = corpus.make(seed, Path(folder))
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            began = time.perf_counter()
            print(seed, end=" ", file=out, flush=True)
            try:
                outcome = corpus.check(path)
            except BaseException as error:
                outcome = f"BAD:{type(error).__name__}:{str(error)[:200]!r}"
            took = time.perf_counter() - began
            print(json.dumps([outcome, took, path.name]), file=out, flush=True)
            signal.setitimer(signal.ITIMER_PROF, 0)


def main(count: int, start: int = 0, batch: int = 500) -> int:
    outcomes: Counter[str] = Counter()
    slowest, bad, seed = 0.0, 0, start
    while seed < start + count:
        last = min(seed + batch, start + count)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                _child(seed, last, out)
            os._exit(0)
        os.close(writer)
        done = seed
        with os.fdopen(reader) as lines:
            for line in lines:
                number, _, rest = line.partition(" ")
                if not rest.strip():
                    break
                outcome, took, name = json.loads(rest)
                done, slowest = int(number) + 1, max(slowest, took)
                if outcome.startswith("BAD"):
                    bad += 1
                    print(f"case {number} ({name}): {outcome}", flush=True)
                outcomes[outcome.partition(":")[0]] += 1
        _, status = os.waitpid(child, 0)
        if done < last:
            bad += 1
            print(f"case {done} ({FILES[done % len(FILES)]}): died, status {status}", flush=True)
            outcomes["died"] += 1
            done += 1
        seed = done
    print(f"{count} cases, {bad} bad; slowest {slowest:.2f} s; {dict(outcomes.most_common())}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
