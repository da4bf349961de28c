# SPDX-License-Identifier: Apache-2.0
"""What the commands read and write: which file is what, and models from files."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ARCHITECTURE = ".json"
ONNX = ".onnx"
WEIGHTS = (".weights.h5", ".npz", ".safetensors")
MODELS = (".keras", ".h5", ".hdf5")


def ending(path: Path) -> str:
    """The ending that tells the format; that of a folder with a model is empty."""
    return ".weights.h5" if path.name.endswith(".weights.h5") else path.suffix


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Options for models that need more than their file."""
    parser.add_argument(
        "--import",
        dest="modules",
        action="append",
        default=[],
        metavar="MODULE",
        help="import a module of yours first, which registers your layers, losses, ...",
    )


def import_modules(arguments: argparse.Namespace) -> None:
    """Import what the user asked for, also from the current folder."""
    if arguments.modules and "" not in sys.path:
        sys.path.insert(0, "")
    for module in arguments.modules:
        import_module(module)


def read_model(path: Path) -> Any:
    """The model of a file; that of an architecture has new weights.

    Raises:
        ValueError: the file holds no model, or only its weights.
    """
    from pronghorn.models import load_model, model_from_json

    kind = ending(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if kind in WEIGHTS:
        raise ValueError(
            f"{path} holds weights alone, and not how the model is built: the layers, their "
            "arguments and connections are unknown"
        )
    if kind == ONNX:
        raise ValueError(
            f"{path} is an ONNX file, of operations and not of layers: it is written here, but not "
            "read. onnxruntime runs it"
        )
    if kind == ARCHITECTURE:
        return model_from_json(path.read_text(encoding="utf-8"))
    return load_model(path)
