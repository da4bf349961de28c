# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn._structure import map_leaves
from pronghorn.utils.split import shuffled


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Splits arrays into two parts along the rows, for example for training and validation.

    Args:
        dataset: An array, or a list, tuple or dict of arrays with the same number of rows.
        left_size: How much goes into the first part: a share (float in (0, 1)) or a number of rows;
            by default what `right_size` leaves.
        right_size: The same for the second part. If the two leave rows over, these are in no part.
        shuffle: Whether to mix the rows before.
        seed: Makes the mixing repeatable; by default it follows `keras.utils.set_random_seed`.

    `split` makes more parts, and can keep the shares of the classes.

    Returns:
        The two parts, in the structure of `dataset`. (Keras makes `tf.data` datasets of them.)

    Raises:
        ValueError: If no size is given, a size is no such number, or there are too few rows.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> x, y = np.zeros((10, 3)), np.arange(10)
    >>> (x_train, y_train), (x_test, y_test) = keras.utils.split_dataset((x, y), left_size=0.8)
    >>> x_train.shape, y_test.tolist()
    ((8, 3), [8, 9])
    """
    from pronghorn.training.arrays import common_rows, to_arrays  # which stands above this package

    if left_size is None and right_size is None:
        raise ValueError("Give `left_size` or `right_size`.")
    arrays = to_arrays(dataset, "dataset")
    rows = common_rows(("dataset", arrays))
    left, right = _rows("left_size", left_size, rows), _rows("right_size", right_size, rows)
    left = rows - right if left is None else left  # type: ignore[operator]
    right = rows - left if right is None else right
    if left < 1 or right < 1 or left + right > rows:
        raise ValueError(
            f"{rows} rows cannot be split into {left} and {right}. "
            f"Received: left_size={left_size!r}, right_size={right_size!r}"
        )
    order = np.arange(rows)
    if shuffle:
        shuffled(order, seed)

    def part(chosen: np.ndarray) -> Any:
        return map_leaves(lambda array: array[chosen], arrays)

    return part(order[:left]), part(order[rows - right :])


def _rows(name: str, size: Any, rows: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, float) and 0 < size < 1:
        return round(size * rows)
    if isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0:
        return int(size)
    raise ValueError(
        f"`{name}` must be a share, a float between 0 and 1, or a positive number of rows. "
        f"Received: {name}={size!r}"
    )
