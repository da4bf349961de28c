# SPDX-License-Identifier: Apache-2.0
"""Writes `keras_surface.md`: the public names of the installed Keras, and which of them are here.

    python docs/keras_surface.py

needs Keras 3 beside pronghorn. Names that Keras adds appear as "not yet" by themselves.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MODULES = (
    "layers", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks",
    "initializers", "regularizers", "constraints", "activations", "ops", "random", "utils",
    "models", "saving", "config", "backend",
)  # fmt: skip
# Why a name is missing, the first pattern that fits; these are outside of what the library is for.
REASONS = (
    ("convolution and pooling", r"[Cc]onv(?!ert|LSTM)|[Pp]ool|Cropping|UpSampling|ZeroPad|Spatial"
     r"|depth_to_space|space_to_depth|^(un)?fold$"),
    ("recurrent", r"LSTM|GRU|RNN|Bidirectional|TimeDistributed|timeseries|pad_sequences|ctc|CTC"
     r"|extract_sequences"),
    ("attention", r"[Aa]ttention"),
    ("images", r"image|img|[Bb]ounding|Crop|Mix|Aug|Contrast|Equalization|Random(?!Normal|Uniform)"
     r"|Resizing|Solarization|IoU|psnr"),
    ("text and hashing", r"[Tt]ext|String|IntegerLookup|Hash"),
    ("audio and Fourier transforms", r"Spectrogram|audio|stft|STFT|i?r?fft\d?$"),
    ("complex numbers", r"complex|^(eig|polar|view_as_real)$"),
    ("the bits of floating-point numbers", r"^view$"),
    ("rules of differentiation other than those of the ops", r"^custom_gradient$"),
    ("other frameworks", r"Flax|Jax|Torch|TFSM|nnx|set_backend|Orbax|flash"),
    ("distribution over devices", r"Pipeline|distribut|Remat"),
    ("quantization", r"uanti[zs]"),
    ("scaled losses: gradients are float32, in which they do not underflow", r"LossScale"),
    ("code in files", r"FileEditor"),
    ("preprocessing layers are used by themselves", r"^FeatureSpace$"),
    ("a module of old names", r"^legacy$"),
)  # fmt: skip


class Row(NamedTuple):
    """A public name of Keras; `why` it is missing, or nothing."""

    name: str
    why: str


def main() -> None:
    """Write the file beside this script."""
    import keras

    tables = {name: list(rows(name)) for name in MODULES}
    path = Path(__file__).with_suffix(".md")
    path.write_text(page(keras.__version__, tables), encoding="utf-8")
    print(f"wrote {path}")


def rows(module: str) -> Iterator[Row]:
    """All public names of a module of Keras."""
    theirs = importlib.import_module(f"keras.{module}")
    ours = importlib.import_module(f"pronghorn.{module}")
    for name in dir(theirs):
        if not name.startswith("_"):
            yield Row(name, "" if hasattr(ours, name) else reason(name))


def reason(name: str) -> str:
    """Why a name is missing."""
    found = (why for why, pattern in REASONS if re.search(pattern, name))
    return next(found, "not yet")


def page(version: str, tables: dict[str, list[Row]]) -> str:
    """The whole file."""
    summary = ["| module | names | here | not yet | out of scope |", "|---|---|---|---|---|"]
    sections = []
    for module, table in tables.items():
        here = [row.name for row in table if not row.why]
        later = [row.name for row in table if row.why == "not yet"]
        outside = len(table) - len(here) - len(later)
        summary.append(
            f"| keras.{module} | {len(table)} | {len(here)} | {len(later)} | {outside} |"
        )
        lines = ["| name | in pronghorn |", "|---|---|"]
        lines += [f"| `{name}` | {'yes' if not why else f'no: {why}'} |" for name, why in table]
        sections.append(f"## keras.{module}\n\n" + "\n".join(lines))
    return (
        "\n\n".join(
            [
                f"# What of Keras {version} is here",
                "Written by `python docs/keras_surface.py`; do not edit. Names are compared, "
                "not behaviour. Pronghorn is for multilayer perceptrons: whole groups are left out "
                "on purpose, and named as the reason.",
                "\n".join(summary),
                *sections,
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
