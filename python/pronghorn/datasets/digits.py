# SPDX-License-Identifier: Apache-2.0
"""1,797 handwritten digits of 8x8 pixels, inside the package."""

from __future__ import annotations

from pronghorn.datasets._bundled import read_bundled
from pronghorn.datasets._split import Split, stratified_split


def load_data(test_split: float = 0.2, seed: int = 42) -> Split:
    """Loads the optical digits: 1,797 images of 8x8 pixels, drawn by 13 people.

    Each pixel counts the inked points of a 4x4 block of the scanned 32x32 bitmap, so it is an
    integer from 0 to 16. The file is part of the package: nothing is downloaded.

    Args:
        test_split: Fraction of the images kept for testing; 0.2 gives 1,437 and 360 images.
            Every digit is as frequent in both parts as in the whole.
        seed: Number that fixes which images these are. The same number gives the same division
            everywhere.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images, `uint8` of shape `(n, 8, 8)` with values
        0 to 16, and their labels, `uint8` of shape `(n,)` with values 0 to 9.

    Raises:
        ValueError: If `test_split` is negative, or 1 or more.

    Example:

    >>> import pronghorn as keras
    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    >>> x_train.shape, y_train.shape, x_test.shape
    ((1437, 8, 8), (1437,), (360, 8, 8))

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49, licence CC BY 4.0. These are its
    test set, in the order in which scikit-learn distributes it.
    """
    images, labels = read_bundled("digits.npz", "images", "labels")
    return stratified_split(images, labels, test_split, seed)
