# SPDX-License-Identifier: Apache-2.0
"""The layout that MNIST and the data sets made in its image share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pronghorn.datasets._files import RemoteFile, data_folders, fetch, find_all
from pronghorn.datasets._idx import read_idx
from pronghorn.datasets._split import Split

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def load_images(dataset: str, npz_name: str, remote: Sequence[RemoteFile]) -> Split:
    """Loads 28x28 images and their labels from the first place that has them.

    Args:
        dataset: Name of the data set, and of its folder.
        npz_name: Name or path of one `.npz` file that holds the four arrays `x_train`, `y_train`,
            `x_test` and `y_test`. An absolute path is the only place looked at.
        remote: What to download otherwise: the `.npz` file, or the four compressed IDX files.
    """
    if Path(npz_name).is_absolute():
        return read_npz(Path(npz_name))
    for folder in data_folders(dataset):
        if paths := find_all([folder], [npz_name]):
            return read_npz(paths[0])
        # Every data set of the family has files of these names; lying loose they are MNIST's.
        if dataset not in ("mnist", folder.name.replace("-", "_")):
            continue
        for suffix in (".gz", ""):
            if paths := find_all([folder], [name + suffix for name in IDX_NAMES]):
                return read_idx_files(paths)
    also = "or " + ", ".join(f"{name}[.gz]" for name in IDX_NAMES) if len(remote) == 1 else ""
    paths = fetch(dataset, remote, also)
    return read_npz(paths[0]) if len(paths) == 1 else read_idx_files(paths)


def read_npz(path: Path) -> Split:
    """Reads images and labels from an `.npz` file as Keras hosts it."""
    with np.load(path, allow_pickle=False) as content:
        names = ("x_train", "y_train", "x_test", "y_test")
        if missing := [name for name in names if name not in content]:
            raise ValueError(f"{path} lacks the arrays {missing}. Received: {list(content)}")
        x_train, y_train, x_test, y_test = (content[name] for name in names)
    return _checked(path, x_train, y_train), _checked(path, x_test, y_test)


def read_idx_files(paths: Sequence[Path]) -> Split:
    """Reads images and labels from the four IDX files, given in the order of `IDX_NAMES`."""
    x_train, y_train, x_test, y_test = (
        read_idx(path, ndim) for path, ndim in zip(paths, (3, 1, 3, 1), strict=True)
    )
    return _checked(paths[0], x_train, y_train), _checked(paths[2], x_test, y_test)


def _checked(path: Path, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise ValueError(
            f"{path} must hold images of 28x28 pixels and as many labels. "
            f"Received: images of shape {images.shape}, labels of shape {labels.shape}"
        )
    return images, labels
