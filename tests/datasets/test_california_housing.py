# SPDX-License-Identifier: Apache-2.0
"""The eight features of the California housing data, and the rows of each part."""

from __future__ import annotations

import numpy as np
import pytest

from pronghorn.datasets import california_housing

HEADER = (
    "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,"
    "median_income,median_house_value,ocean_proximity"
)
ROWS = [
    "-122.0,37.0,41.0,800.0,100.0,300.0,100.0,8.0,450000.0,NEAR BAY",
    "-121.0,36.0,20.0,900.0,,600.0,300.0,4.0,350000.0,INLAND",
    "-120.0,35.0,30.0,100.0,30.0,50.0,10.0,2.0,250000.0,INLAND",
]


def write(path, rows=ROWS, header=HEADER):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_features_are_derived_as_scikit_learn_does(tmp_path):
    x, y = california_housing.read_census(write(tmp_path / "housing.csv"))
    assert x.dtype == y.dtype == np.float32
    assert np.array_equal(
        x,
        np.array(
            [
                # income, age, rooms, bedrooms per household, people, people per household, place
                [8, 41, 8, 1, 300, 3, 37, -122],
                [4, 20, 3, 2, 600, 2, 36, -121],  # 2: the median of the ratios 1 and 3
                [2, 30, 10, 3, 50, 5, 35, -120],
            ],
            np.float32,
        ),
    )
    assert y.tolist() == [450000, 350000, 250000]


@pytest.mark.parametrize("name", ["housing.csv", "california_housing.npz"])
def test_the_file_is_found_in_the_data_folder(home, monkeypatch, name):
    monkeypatch.setenv("PRONGHORN_DATA_DIR", str(home / "data"))
    write(home / "data/california_housing/housing.csv")
    (x_train, _), (x_test, _) = california_housing.load_data(path=name, test_split=0.4)
    assert x_train.shape == (1, 8)
    assert x_test.shape == (2, 8)


def test_without_a_network_the_error_says_which_file_to_put_where(home):
    with pytest.raises(OSError, match="housing.csv") as caught:
        california_housing.load_data()
    assert str(home / ".pronghorn/datasets/california_housing") in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"version": "medium"}, "version='medium'"), ({"test_split": 1.0}, "test_split=1.0")],
)
def test_unknown_arguments_are_refused(home, arguments, message):
    write(home / ".pronghorn/datasets/housing.csv")
    with pytest.raises(ValueError, match=message):
        california_housing.load_data(**arguments)


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n1,2\n", f"{HEADER}\n1,2,3\n", f"{HEADER}\n{ROWS[0].replace('8.0', 'x')}\n"],
)
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "housing.csv").write_text(content)
    with pytest.raises(ValueError, match="not the census file"):
        california_housing.load_data(path=str(tmp_path / "housing.csv"))


def test_the_parts_have_the_rows_that_keras_gives(offline_dataset):
    """The targets are those printed in F. Chollet, "Deep Learning with Python", third edition."""
    offline_dataset("california_housing")
    (x_train, y_train), (x_test, _) = california_housing.load_data()
    assert (len(x_train), len(x_test)) == (16512, 4128)
    assert y_train[:3].tolist() == [252300, 146900, 290900]
    assert not np.isnan(x_train).any()
    (x_small, _), (x_test_small, _) = california_housing.load_data(version="small")
    assert (len(x_small), len(x_test_small)) == (480, 120)
