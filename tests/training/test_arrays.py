# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from pronghorn.training.arrays import common_rows, to_arrays

BASE = np.arange(24.0).reshape(4, 6)


@pytest.mark.parametrize(
    "array",
    [
        BASE,
        BASE.astype(np.float32),
        np.asfortranarray(BASE),
        BASE[::-1, ::2],
        BASE.T,
        BASE.astype(np.uint8),
        BASE.astype(np.int64),
        BASE > 3,
    ],
    ids=["float64", "float32", "fortran", "strided", "transposed", "uint8", "int64", "bool"],
)
def test_numeric_arrays_are_not_copied(array):
    assert to_arrays(array, "x") is array or np.shares_memory(to_arrays(array, "x"), array)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (BASE.astype(np.float16), np.float32),
        (BASE.astype(">f4"), np.float32),
        (BASE.astype(object), np.float64),
        ([[1, 2], [3, 4]], np.int64),
        ([1.5, 2.5], np.float64),
    ],
    ids=["float16", "big-endian", "object", "nested list", "list"],
)
def test_other_numbers_are_converted(value, dtype):
    array = to_arrays(value, "x")
    assert array.dtype == dtype
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, np.asarray(value, dtype))


def test_data_frames_and_series():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [True, False], "c": [3, 4]})
    np.testing.assert_array_equal(to_arrays(frame, "x"), [[1, 1, 3], [2, 0, 4]])
    np.testing.assert_array_equal(to_arrays(frame["c"], "y"), [3, 4])


def test_containers_stay_containers():
    out = to_arrays({"a": [BASE, (BASE, None)]}, "x")
    assert isinstance(out["a"], list)
    assert isinstance(out["a"][1], tuple)
    assert out["a"][1][1] is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.array(["a", "b"]), ValueError, "`x` holds text"),
        (["a", "b"], ValueError, "`x` holds text"),
        (
            np.array([1, "b"], dtype=object),
            ValueError,
            r"`x` has dtype object and holds 'b'.*\[1\]",
        ),
        (np.array(["2020-01-01"], "M8[D]"), ValueError, "`x` holds dates"),
        (np.array([1j]), ValueError, "`x` holds complex numbers"),
        (np.float32(3), ValueError, "`x` must have a row per sample"),
        ("text", TypeError, "`x` must be a NumPy array"),
        ([[1, 2], [3]], ValueError, "different lengths"),
        ({"a": {1, 2}}, TypeError, r"`x\['a'\]` must be"),
    ],
)
def test_what_is_no_data_says_so(value, error, message):
    with pytest.raises(error, match=message):
        to_arrays(value, "x")


def test_rows_must_agree():
    assert common_rows(("x", [BASE, BASE]), ("y", None)) == 4
    with pytest.raises(ValueError, match=r"x\[0\] has 4, x\[1\] has 3, y has 4"):
        common_rows(("x", [BASE, BASE[:3]]), ("y", BASE))
    with pytest.raises(ValueError, match="`x` has no rows"):
        common_rows(("x", BASE[:0]))
