# SPDX-License-Identifier: Apache-2.0
"""Writes the data files that ship inside the package, from scikit-learn's copies of them.

Run it with scikit-learn installed: `python tests/datasets/make_bundled.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[2] / "python/pronghorn/datasets"


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Converts whole numbers to uint8, and refuses numbers that this would change."""
    rounded = np.rint(values).astype(np.uint8)
    if not np.allclose(rounded, values, rtol=0, atol=1e-9):
        raise ValueError("not all values are whole numbers from 0 to 255")
    return rounded


def main() -> None:
    from sklearn.datasets import load_digits, load_iris

    digits, iris = load_digits(), load_iris()
    np.savez_compressed(
        FOLDER / "digits.npz", images=as_bytes(digits.images), labels=as_bytes(digits.target)
    )
    np.savez_compressed(
        FOLDER / "iris.npz", tenths_of_cm=as_bytes(iris.data * 10), labels=as_bytes(iris.target)
    )


if __name__ == "__main__":
    main()
