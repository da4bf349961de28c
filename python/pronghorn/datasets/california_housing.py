# SPDX-License-Identifier: Apache-2.0
"""House values of 20,640 Californian districts, from the census of 1990."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from pronghorn.datasets._files import RemoteFile, data_folders, fetch, find_all
from pronghorn.datasets._split import Split, shuffled_split

feature_names = (
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
)

# The census file with its column names. The file that Keras hosts has the same rows in the same
# order, but other columns than Keras documents (keras-team/keras issue 21886), so it is not used.
_CSV = RemoteFile(
    "housing.csv",
    "https://raw.githubusercontent.com/ageron/handson-ml2/master/datasets/housing/housing.csv",
    "8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e",
)
_ROWS = {"small": 600, "large": 20640}


def load_data(
    version: str = "large",
    path: str = "housing.csv",
    test_split: float = 0.2,
    seed: int = 113,
) -> Split:
    """Loads the California housing data: eight features and the median house value of districts.

    The file `housing.csv` of the census is looked for in `PRONGHORN_DATA_DIR`, in
    `~/.pronghorn/datasets` and in `~/.keras/datasets`, there in the folder `california_housing`
    first; otherwise it is downloaded into `~/.pronghorn/datasets/california_housing`.

    The features are those of scikit-learn: median income (in 10,000 dollars), median age of the
    houses, rooms, bedrooms and people per household, population, latitude, longitude. They are in
    this order, and `feature_names` of this module names them. 207 districts lack the number of
    bedrooms; they get the median of the bedrooms per household.

    Args:
        version: `"large"` for all 20,640 districts, `"small"` for the first 600.
        path: Name of the file in these folders, or an absolute path. Keras's own default,
            `"california_housing.npz"`, means `"housing.csv"` here.
        test_split: Fraction of the districts kept for testing.
        seed: Number that fixes which districts these are: the same ones as in Keras.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: features, `float32` of shape `(n, 8)`, and values
        in dollars, `float32` of shape `(n,)`.

    Raises:
        OSError: If the file is nowhere and cannot be downloaded; the text says what to put where.
        ValueError: If `version` or `test_split` is none of these, or the file is damaged.

    Example:

    >>> import pronghorn as keras
    >>> (x, y), (x_test, y_test) = keras.datasets.california_housing.load_data()  # doctest: +SKIP
    >>> x.shape, x_test.shape  # doctest: +SKIP
    ((16512, 8), (4128, 8))
    >>> keras.datasets.california_housing.feature_names[0]
    'MedInc'

    Source: R. K. Pace and R. Barry, "Sparse spatial autoregressions", Statistics and Probability
    Letters 33, 1997, in the form of A. Géron, "Hands-On Machine Learning".
    """
    if version not in _ROWS:
        raise ValueError(f"`version` must be one of {sorted(_ROWS)}. Received: version={version!r}")
    x, y = read_census(_locate(path))
    return shuffled_split(x[: _ROWS[version]], y[: _ROWS[version]], test_split, seed)


def read_census(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Derives the eight features and the target from the raw census file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        for row in rows:
            row["total_bedrooms"] = row["total_bedrooms"] or "nan"
        column = {
            name: np.array([float(row[name]) for row in rows])
            for name in (rows[0] if rows else ())
            if name != "ocean_proximity"
        }
        households = column["households"]
        bedrooms_per_household = column["total_bedrooms"] / households
        # Imputing the ratio and not the count: a count fits neither a small nor a large district.
        bedrooms_per_household[np.isnan(bedrooms_per_household)] = np.nanmedian(
            bedrooms_per_household
        )
        x = np.stack(
            [
                column["median_income"],
                column["housing_median_age"],
                column["total_rooms"] / households,
                bedrooms_per_household,
                column["population"],
                column["population"] / households,
                column["latitude"],
                column["longitude"],
            ],
            axis=1,
        )
        y = column["median_house_value"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not the census file of the California housing data: {error!r}"
        ) from error
    return x.astype(np.float32), y.astype(np.float32)


def _locate(path: str) -> Path:
    name = "housing.csv" if path == "california_housing.npz" else path
    if Path(name).is_absolute():
        return Path(name)
    found = find_all(data_folders("california_housing"), [name])
    return found[0] if found else fetch("california_housing", [_CSV])[0]
