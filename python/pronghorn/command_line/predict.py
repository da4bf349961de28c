# SPDX-License-Identifier: Apache-2.0
"""Apply a model to the rows of a file, and print or store what it predicts.

DATA is a table .csv (with or without a line of names; each row the numbers of one sample), an array
.npy, or several named arrays .npz for a model with several inputs.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np

from pronghorn.command_line._files import (
    ARCHITECTURE,
    add_model_options,
    ending,
    import_modules,
    read_model,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help=".csv, .npy or .npz; a table is printed"
    )
    parser.add_argument("--batch-size", type=int, default=1024, metavar="ROWS")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
    add_model_options(parser)


def run(arguments: argparse.Namespace) -> None:
    output: Path | None = arguments.output
    if output is not None:
        if output.suffix not in (".csv", ".npy", ".npz"):
            raise ValueError(f"OUT must end in .csv, .npy or .npz. Received: {output}")
        if output.exists() and not arguments.overwrite:
            raise FileExistsError(f"{output} exists: give --overwrite to replace it")
    if ending(arguments.model) == ARCHITECTURE:
        raise ValueError(f"{arguments.model} is an architecture without weights")
    import_modules(arguments)
    model = read_model(arguments.model)
    inputs = _fitted(read_data(arguments.data), model)
    predicted = model.predict(inputs, batch_size=arguments.batch_size, verbose=0)
    arrays = _by_name(predicted, model)
    if output is None:
        _write_table(sys.stdout, arrays)
    else:
        _store(output, arrays)


def read_data(path: Path) -> Any:
    """The array of a file, or name -> array for a `.npz`.

    Raises:
        ValueError: it is of another kind, empty, or holds something else than numbers.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path.suffix == ".csv":
        return _read_table(path)
    if path.suffix in (".npy", ".npz"):
        try:
            loaded = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            # NumPy's message advises to unpickle what it does not know.
            raise ValueError(f"{path} is not a {path.suffix} file of numbers") from error
        return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
    raise ValueError(f"DATA must end in .csv, .npy or .npz. Received: {path}")


def _read_table(path: Path) -> np.ndarray:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = [(number, cells) for number, cells in enumerate(csv.reader(file), 1) if cells]
    if lines and not any(map(_is_number, lines[0][1])):
        lines = lines[1:]  # names of the columns
    if not lines:
        raise ValueError(f"{path} has no rows of numbers")
    width = len(lines[0][1])
    for number, cells in lines:
        if len(cells) != width:
            raise ValueError(f"{path}, line {number}: expected {width} cells, found {len(cells)}")
        for column, cell in enumerate(cells, 1):
            if not _is_number(cell):
                raise ValueError(f"{path}, line {number}, column {column}: no number: {cell!r}")
    return np.array([[float(cell) for cell in cells] for _, cells in lines])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _fitted(data: Any, model: Any) -> Any:
    """The rows of a table in the shape of the model's input."""
    if isinstance(data, dict) or not hasattr(model, "inputs") or data.ndim != 2:
        return data
    if len(model.inputs) > 1:
        raise ValueError(
            f"the model has several inputs {model.input_names}: give a .npz with an array of each"
        )
    shape = tuple(model.inputs[0].shape[1:])
    if None in shape or len(shape) < 2 or int(np.prod(shape)) != data.shape[1]:
        return data
    return data.reshape(-1, *shape)


def _by_name(predicted: Any, model: Any) -> dict[str, np.ndarray]:
    if isinstance(predicted, dict):
        return predicted
    several = isinstance(predicted, list | tuple)
    arrays = list(predicted) if several else [predicted]
    names = getattr(model, "output_names", None) or [f"output_{i}" for i in range(len(arrays))]
    return dict(zip(names, arrays, strict=False))


def _write_table(file: IO[str], arrays: dict[str, np.ndarray]) -> None:
    flat = {name: array.reshape(len(array), -1) for name, array in arrays.items()}
    names = [
        name if columns.shape[1] == 1 else f"{name}_{i}"
        for name, columns in flat.items()
        for i in range(columns.shape[1])
    ]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    for row in zip(*flat.values(), strict=True):
        writer.writerow([str(number) for columns in row for number in columns])


def _store(path: Path, arrays: dict[str, np.ndarray]) -> None:
    from pronghorn.saving.atomic import atomic_file, writable_path

    if path.suffix == ".npy" and len(arrays) > 1:
        raise ValueError(f"the model has several outputs {list(arrays)}: store them as .npz")
    with atomic_file(writable_path(path, True)) as temporary:
        if path.suffix == ".csv":
            with temporary.open("w", newline="", encoding="utf-8") as file:
                _write_table(file, arrays)
        elif path.suffix == ".npy":
            np.save(temporary, next(iter(arrays.values())))
        else:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]
    print(f"{len(next(iter(arrays.values())))} rows -> {path}")
