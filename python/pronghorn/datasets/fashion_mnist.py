# SPDX-License-Identifier: Apache-2.0
"""70,000 pictures of clothes of 28x28 pixels."""

from __future__ import annotations

from pronghorn.datasets._files import RemoteFile
from pronghorn.datasets._images import IDX_NAMES, load_images
from pronghorn.datasets._split import Split

class_names = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = (  # in the order of IDX_NAMES
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)
_IDX = [
    RemoteFile(f"{name}.gz", f"{_URL}{name}.gz", sha256)
    for name, sha256 in zip(IDX_NAMES, _SHA256, strict=True)
]


def load_data() -> Split:
    """Loads Fashion-MNIST: 60,000 training and 10,000 test images of clothes in ten classes.

    The files are looked for in the folder `fashion_mnist` (or `fashion-mnist`) of
    `PRONGHORN_DATA_DIR`, `~/.pronghorn/datasets` and `~/.keras/datasets`: the four IDX files of the
    original (`train-images-idx3-ubyte.gz` and so on, compressed or not), or one
    `fashion_mnist.npz`. If there are none, the IDX files are downloaded into
    `~/.pronghorn/datasets/fashion_mnist`. `class_names` of this module names the classes.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images, `uint8` of shape `(n, 28, 28)` with values
        0 to 255, and their labels, `uint8` of shape `(n,)` with values 0 to 9.

    Raises:
        OSError: If the files are nowhere and cannot be downloaded; the text says what to put where.
        ValueError: If a file is damaged.

    Example:

    >>> import pronghorn as keras
    >>> (x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()  # doctest: +SKIP
    >>> keras.datasets.fashion_mnist.class_names[9]
    'Ankle boot'

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
    machine learning algorithms", arXiv:1708.07747, 2017, licence MIT, copyright Zalando SE.
    """
    return load_images("fashion_mnist", "fashion_mnist.npz", _IDX)
