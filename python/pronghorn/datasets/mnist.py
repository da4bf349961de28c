# SPDX-License-Identifier: Apache-2.0
"""70,000 handwritten digits of 28x28 pixels."""

from __future__ import annotations

from pronghorn.datasets._files import RemoteFile
from pronghorn.datasets._images import load_images
from pronghorn.datasets._split import Split

_NPZ = RemoteFile(
    "mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)


def load_data(path: str = "mnist.npz") -> Split:
    """Loads MNIST: 60,000 training and 10,000 test images of handwritten digits.

    The files are looked for in `PRONGHORN_DATA_DIR`, in `~/.pronghorn/datasets` and in
    `~/.keras/datasets`, there in the folder `mnist` first: `mnist.npz`, or the four IDX files of
    the original (`train-images-idx3-ubyte.gz` and so on, compressed or not). If there are none,
    `mnist.npz` is downloaded into `~/.pronghorn/datasets/mnist`.

    Args:
        path: Name of the `.npz` file in these folders, or an absolute path.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images, `uint8` of shape `(n, 28, 28)` with values
        0 to 255, and their labels, `uint8` of shape `(n,)` with values 0 to 9.

    Raises:
        OSError: If the files are nowhere and cannot be downloaded; the text says what to put where.
        ValueError: If a file is damaged.

    Example:

    >>> import pronghorn as keras
    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()  # doctest: +SKIP
    >>> x_train.shape, x_test.shape  # doctest: +SKIP
    ((60000, 28, 28), (10000, 28, 28))

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998,
    licence CC BY-SA 3.0.
    """
    return load_images("mnist", path, [_NPZ])
