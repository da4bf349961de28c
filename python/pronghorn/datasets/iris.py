# SPDX-License-Identifier: Apache-2.0
"""Fisher's 150 irises, inside the package."""

from __future__ import annotations

import numpy as np

from pronghorn.datasets._bundled import read_bundled
from pronghorn.datasets._split import Split, stratified_split

feature_names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
class_names = ("setosa", "versicolor", "virginica")


def load_data(test_split: float = 0.2, seed: int = 42) -> Split:
    """Loads Fisher's irises: four measurements of 150 flowers of three species.

    The file is part of the package: nothing is downloaded. `feature_names` and `class_names` of
    this module say what the columns and the labels mean.

    Args:
        test_split: Fraction of the flowers kept for testing; 0.2 gives 120 and 30 flowers. Every
            species is as frequent in both parts as in the whole.
        seed: Number that fixes which flowers these are. The same number gives the same division
            everywhere.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: measurements in centimetres, `float32` of shape
        `(n, 4)`, and species, `uint8` of shape `(n,)` with values 0 to 2.

    Raises:
        ValueError: If `test_split` is negative, or 1 or more.

    Example:

    >>> import pronghorn as keras
    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.iris.load_data()
    >>> x_train.shape, x_test.shape
    ((120, 4), (30, 4))

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
    Eugenics 7, 1936, https://doi.org/10.24432/C56C76, licence CC BY 4.0; with the two rows right
    in which the copy of the UCI repository differs from the paper, as scikit-learn has them.
    """
    tenths, labels = read_bundled("iris.npz", "tenths_of_cm", "labels")
    return stratified_split(tenths.astype(np.float32) / np.float32(10), labels, test_split, seed)
