# SPDX-License-Identifier: Apache-2.0
"""Show the layers of a model in a file, or the arrays of a file of weights.

FILE is a model (.keras, .h5, a folder), an architecture (.json), weights (.weights.h5, .npz,
.safetensors), or .onnx.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pronghorn.command_line._files import (
    ONNX,
    WEIGHTS,
    add_model_options,
    ending,
    import_modules,
    read_model,
)

Rows = Iterable[tuple[str, tuple[int, ...], str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--nested", action="store_true", help="show the layers of models inside")
    add_model_options(parser)


def run(arguments: argparse.Namespace) -> None:
    path: Path = arguments.file
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if ending(path) in WEIGHTS:
        from pronghorn.saving.weights import arrays_of

        _show(path, arrays_of(path))
    elif ending(path) == ONNX:
        _show(path, _onnx(path))
    else:
        import_modules(arguments)
        read_model(path).summary(expand_nested=arguments.nested)


def _show(path: Path, rows: Rows) -> None:
    from math import prod

    from rich.console import Console
    from rich.table import Table

    table = Table("Array", "Shape", "Type", title=path.name, header_style="bold")
    total = 0
    for name, shape, dtype in rows:
        table.add_row(name, str(shape), dtype)
        total += prod(shape)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{total:,} numbers")


def _onnx(path: Path) -> Rows:
    import onnx

    def row(tensor: Any) -> tuple[str, tuple[int, ...], str]:
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        return tensor.name, tuple(tensor.dims), dtype.name

    return [row(tensor) for tensor in onnx.load(path).graph.initializer]
