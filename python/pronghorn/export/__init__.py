# SPDX-License-Identifier: Apache-2.0
"""Models for other programs."""

from __future__ import annotations

from importlib.util import find_spec
from os import PathLike, fspath
from typing import Any


def export(
    model: Any,
    filepath: str | PathLike[str],
    format: str | None = None,
    verbose: bool = False,
    input_signature: Any = None,
) -> None:
    """What `model.export` does."""
    path = fspath(filepath)
    format = format or ("onnx" if path.endswith(".onnx") else "tf_saved_model")
    if format != "onnx":
        raise NotImplementedError(
            f"models are exported as ONNX only: `model.export('model.onnx')`; "
            f"`model.save('model.keras')` writes what Keras loads. "
            f"Received: filepath={path!r}, format={format!r}"
        )
    if find_spec("onnx") is None:
        raise ImportError("exporting needs the package onnx: `pip install 'pronghorn[onnx]'`")
    from pronghorn.export.onnx_model import export_onnx

    export_onnx(model, path, input_signature)
    if verbose:
        print(f"Saved as ONNX at {path}")
