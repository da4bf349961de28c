# SPDX-License-Identifier: Apache-2.0
"""Write a model, or its weights, in another format, which the ending of OUT tells.

  .keras, .h5            whole models, of Keras 3 and of Keras 2 (no ending: a folder)
  .weights.h5, .npz, .safetensors    weights
  .json                  the architecture
  .onnx                  what the model predicts (written only)

Weights alone do not tell how a model is built: name a model or an architecture with --model to
read them into.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pronghorn.command_line._files import (
    ARCHITECTURE,
    MODELS,
    ONNX,
    WEIGHTS,
    add_model_options,
    ending,
    import_modules,
    read_model,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("target", type=Path, metavar="OUT")
    parser.add_argument("--model", type=Path, help="of the weights in IN: a model or .json")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
    add_model_options(parser)


def run(arguments: argparse.Namespace) -> None:
    source, target = arguments.source, arguments.target
    known = (*MODELS, *WEIGHTS, ARCHITECTURE, ONNX, "")
    if ending(target) not in known:
        raise ValueError(
            f"the ending of OUT must be one of {', '.join(known[:-1])}, or none for a folder. "
            f"Received: {target}"
        )
    if target.exists() and not arguments.overwrite:
        raise FileExistsError(f"{target} exists: give --overwrite to replace it")
    import_modules(arguments)
    _write(_model(source, target, arguments.model), target)
    print(f"{source} -> {target}")


def _model(source: Path, target: Path, model_file: Path | None) -> Any:
    if ending(source) in WEIGHTS:
        if model_file is None:
            raise ValueError(
                f"{source} holds weights alone, and not how the model is built: the layers, their "
                "arguments and connections are unknown. Give --model with a file of the model or "
                "its architecture (.json)"
            )
        model = read_model(model_file)
        model.load_weights(source)
        return model
    if model_file is not None:
        raise ValueError(f"--model goes with weights (IN is {', '.join(WEIGHTS)}). IN is {source}")
    if ending(source) == ARCHITECTURE and ending(target) != ARCHITECTURE:
        raise ValueError(
            f"{source} is an architecture without weights, so {target} would hold random ones. If "
            f"you have its weights: pronghorn convert WEIGHTS {target} --model {source}"
        )
    return read_model(source)


def _write(model: Any, target: Path) -> None:
    kind = ending(target)
    if kind in WEIGHTS:
        model.save_weights(target)
    elif kind == ONNX:
        model.export(target)
    elif kind == ARCHITECTURE:
        from pronghorn.saving.atomic import atomic_file, writable_path

        with atomic_file(writable_path(target, True)) as temporary:
            temporary.write_text(model.to_json(indent=2), encoding="utf-8")
    else:
        model.save(target)
